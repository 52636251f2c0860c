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
  try {
    useTexts(language === "en" ? {} : choose(await translations(), language));
  } catch (error) {
    console.warn("Wan 2.7: the translations could not be loaded.", error);
  }
}

async function translations() {
  const answer = await api.fetchApi("/i18n");
  return answer.json();
}

/** @param {() => void} changed is called whenever the user has chosen another language, and its texts are there */
export function onLanguageChange(changed) {
  // ComfyUI tells of it before the setting itself has changed.
  app.ui.settings.addEventListener("Comfy.Locale.change", () => setTimeout(() => loadLanguage().then(changed)));
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
