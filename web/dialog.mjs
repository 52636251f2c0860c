/** Our dialogs: the browser's own, which keep the focus inside, close by Escape and give the focus back. */
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
  const close = () => dialog.close();
  const head = element("header", {}, element("h2", { id }, title), iconButton("pi-times", text("close"), close));
  const dialog = element("dialog", { className: "wan27-dialog", "aria-labelledby": id }, head, ...content);
  dialog.addEventListener("close", () => dialog.remove());
  // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask a question; true where the user says yes.
 * @param {string} question
 * @param {string} yes what the button says
 * @returns {Promise<boolean>}
 */
export function ask(question, yes) {
  return new Promise((resolve) => {
    let agreed = false;
    const agree = () => {
      agreed = true;
      dialog.close();
    };
    const buttons = element("footer", {}, button(text("cancel"), () => dialog.close()), button(yes, agree, "wan27-button wan27-danger"));
    const dialog = openDialog(yes, element("p", {}, question), buttons);
    dialog.addEventListener("close", () => resolve(agreed));
  });
}
