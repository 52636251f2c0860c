/**
 * The page's texts in the language of ComfyUI's own setting.
 *
 * ComfyUI merges every pack's `locales/` into `/i18n` and into its own translations, but gives
 * packs no access to those; so this module reads `/i18n`.
 */
import { api, app } from "./comfyui.mjs";
import { useTexts } from "./texts.mjs";

/** Load the texts of the user's language; the page stays in English if they cannot be loaded. */
export async function loadLanguage() {
  const language = locale();
  try {
    useTexts(language === "en" ? {} : textsFor(language, await translations()));
  } catch (error) {
    console.warn("Wan 2.7: the translations could not be loaded.", error);
  }
}

async function translations() {
  const response = await api.fetchApi("/i18n");
  return response.json();
}

/** @param {() => void} listener called after the user chose a language and its texts are loaded */
export function onLanguageChange(listener) {
  // ComfyUI sends the event before the setting itself has changed.
  const reload = () => setTimeout(() => loadLanguage().then(listener));
  app.ui.settings.addEventListener("Comfy.Locale.change", reload);
}

/** Return the code of the language that the user chose in ComfyUI, such as "zh-TW". */
export function locale() {
  return String(app.extensionManager?.setting?.get?.("Comfy.Locale") || "en");
}

/**
 * Return our texts in a language; in "pt" if there are none in "pt-BR".
 * @param {string} language
 * @param {Record<string, {wan27?: Record<string, string>}>} all every pack's texts, by language
 */
function textsFor(language, all) {
  return all[language]?.wan27 ?? all[language.split("-")[0]]?.wan27 ?? {};
}
