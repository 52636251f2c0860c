/** Copy to the clipboard. Browsers allow it on https and localhost; ComfyUI may run on neither. */
import { element } from "./elements.mjs";
import { showError, showInfo } from "./notices.mjs";
import { text } from "./texts.mjs";

/** @param {string} id of a task */
export function copyId(id) {
  return copy(id, text("copied"));
}

/** @param {string} path of a file */
export function copyPath(path) {
  return copy(path, text("path_copied"));
}

/**
 * Copy the words; if the browser refuses, show them to copy by hand.
 * @param {string} words
 * @param {string} message shown on success
 */
async function copy(words, message) {
  if ((await writeClipboard(words)) || copySelection(words)) showInfo(message);
  else showError(text("not_copied", { words }));
}

/** @param {string} words */
async function writeClipboard(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

/**
 * Copy by selecting a hidden field: the older way, which works on plain http.
 * @param {string} words
 */
function copySelection(words) {
  const field = element("textarea", { value: words, className: "wan27-hidden" });
  // Outside an open modal dialog nothing can be selected.
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    focused?.focus();
  }
}
