/** The browser's own modal dialog: it traps the focus, closes on Escape and restores the focus. */
import { button, element, iconButton } from "./elements.mjs";
import { text } from "./texts.mjs";

let count = 0;

/**
 * Open a dialog.
 * @param {string} title
 * @param {...Node} content
 */
export function openDialog(title, ...content) {
  const id = `wan27-dialog-${++count}`;
  const close = iconButton("pi-times", text("close"), () => dialog.close());
  const header = element("header", {}, element("h2", { id }, title), close);
  const properties = { className: "wan27-dialog", "aria-labelledby": id };
  const dialog = element("dialog", properties, header, ...content);
  dialog.addEventListener("close", () => dialog.remove());
  // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
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
