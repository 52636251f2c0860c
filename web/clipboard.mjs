/** Copying. Browsers give the clipboard to https and localhost alone; a ComfyUI elsewhere in the house is neither. */
import { element } from "./elements.mjs";
import { complain, tell } from "./notices.mjs";
import { text } from "./texts.mjs";

/** @param {string} id of a task */
export function copyId(id) {
  return copy(id, text("copied"));
}

/** @param {string} path of a file */
export function copyPath(path) {
  return copy(path, text("path_copied"));
}

/** @param {string} words @param {string} done what is said then; where it cannot be done the words are shown */
async function copy(words, done) {
  if ((await toClipboard(words)) || bySelection(words)) tell(done);
  else complain(text("not_copied", { words }));
}

/** @param {string} words */
async function toClipboard(words) {
  return navigator.clipboard?.writeText(words).then(
    () => true,
    () => false,
  );
}

/** @param {string} words the old way, which needs a field in the page (in an open dialog, where there is one: all else cannot be selected) */
function bySelection(words) {
  const field = element("textarea", { value: words, className: "wan27-unseen" });
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
    before?.focus();
  }
}
