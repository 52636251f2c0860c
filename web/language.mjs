/**
 * The page speaks the language that ComfyUI's own setting says.
 *
 * ComfyUI merges every pack's `locales/` into `/i18n` and into its own translations, but offers packs no way to ask those; so this asks `/i18n`.
 */
import { api, app } from "./comfyui.mjs";
import { useTexts } from "./texts.mjs";

/** Load the texts of the language; English where there are none, or where they cannot be had. */
export async function loadLanguage() {
  const language = locale();
  if (language === "en") return;
  try {
    const answer = await api.fetchApi("/i18n");
    useTexts(choose(await answer.json(), language));
  } catch (error) {
    console.warn("Wan 2.7: the translations could not be loaded.", error);
  }
}

/** The language code that the user chose in ComfyUI, such as "zh-TW". */
export function locale() {
  return String(app.extensionManager?.setting?.get?.("Comfy.Locale") || "en");
}

/**
 * Our texts out of all packs' ones: of the language itself, else of the language without its country.
 * @param {Record<string, {wan27?: Record<string, string>}>} all by language
 * @param {string} language
 */
export function choose(all, language) {
  return all[language]?.wan27 ?? all[language.split("-")[0]]?.wan27 ?? {};
}
