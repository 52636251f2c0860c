/** The browser's own modal dialog: it traps the focus and restores it at the end. */
import { button, element, iconButton } from "./elements.mjs";
import { text } from "./texts.mjs";

const FIELDS = ".wan27-body :is(input, select, textarea, button):enabled";
const TYPED = 'input[type="password"], form input'; // what is only saved by a button

let count = 0;

/**
 * Open a dialog with the focus on its first field. Escape and a click outside close it, unless
 * something typed would be lost.
 * @param {string} title
 * @param {...Node} content
 */
export function openDialog(title, ...content) {
  const id = `wan27-dialog-${++count}`;
  const close = iconButton("pi-times", text("close"), () => dialog.close());
  const header = element("header", {}, element("h2", { id }, title), close);
  const body = element("div", { className: "wan27-body" }, ...content);
  const properties = { className: "wan27-dialog", "aria-labelledby": id, tabIndex: -1 };
  const dialog = element("dialog", properties, header, body);
  dialog.addEventListener("close", () => dialog.remove());
  closeFromOutside(dialog);
  keepFocus(dialog);
  document.body.append(dialog);
  dialog.showModal();
  if (!dialog.querySelector("[autofocus]")) focusFirst(dialog);
  return dialog;
}

/** Focus the first field below an element. @param {ParentNode} root */
export function focusFirst(root) {
  /** @type {HTMLElement | null} */ (root.querySelector(FIELDS))?.focus();
}

/**
 * Take the focus of an element that vanishes: keys would reach ComfyUI, where Delete deletes nodes.
 * @param {HTMLDialogElement} dialog
 */
function keepFocus(dialog) {
  dialog.addEventListener("focusout", () =>
    setTimeout(() => document.activeElement === document.body && dialog.focus()),
  );
}

/** @param {HTMLDialogElement} dialog */
function closeFromOutside(dialog) {
  let pressed = false; // a selection that ends outside began inside
  const leave = () => {
    const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (dialog.querySelectorAll(TYPED));
    const typed = [...inputs].find(({ value }) => value.trim());
    if (typed) warn(typed);
    else dialog.close();
  };
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // ComfyUI's shortcuts: Delete in here must not delete a node
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    leave();
  });
  // The dialog has no padding: only what is around it is the dialog itself.
  dialog.addEventListener("pointerdown", ({ target }) => (pressed = target === dialog));
  dialog.addEventListener("click", ({ target }) => pressed && target === dialog && leave());
}

/** Say at a field that it is not saved. @param {HTMLInputElement} input */
function warn(input) {
  input.setCustomValidity(text("unsaved"));
  input.reportValidity();
  const clear = () => input.setCustomValidity("");
  for (const name of ["keydown", "blur"]) input.addEventListener(name, clear, { once: true });
}

/**
 * Ask the user to confirm an action.
 * @param {string[]} question in paragraphs
 * @param {string} action label of the confirming button, and the dialog's title
 * @param {Node | null} [more] below the question, such as a link
 * @returns {Promise<boolean>} true if confirmed
 */
export function confirmAction(question, action, more = null) {
  return new Promise((resolve) => {
    let confirmed = false;
    const confirm = () => {
      confirmed = true;
      dialog.close();
    };
    const buttons = [
      button(text("cancel"), () => dialog.close()),
      button(action, confirm, "wan27-button wan27-danger"),
    ];
    const footer = element("footer", {}, ...buttons);
    const paragraphs = [...question, ...(more ? [more] : [])].map((each) => element("p", {}, each));
    const dialog = openDialog(action, ...paragraphs, footer);
    dialog.addEventListener("close", () => resolve(confirmed));
  });
}
