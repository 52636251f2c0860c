/** Telling the user something beside what they do: ComfyUI's toast, or a card of ours, which stays and may have something to click. */
import { app } from "./comfyui.mjs";
import { button, element, iconButton } from "./elements.mjs";
import { text } from "./texts.mjs";

const MOST_CARDS = 3;
const TOLD_MILLISECONDS = 5000;

/** @param {string} message something went well */
export function tell(message) {
  toast("info", message, TOLD_MILLISECONDS);
}

/** @param {string} message something did not; it stays until it is closed */
export function complain(message) {
  toast("error", message);
}

/** @param {"info" | "error"} severity @param {string} message @param {number} [life] milliseconds */
function toast(severity, message, life) {
  const toasts = /** @type {any} */ (app.extensionManager.toast);
  // Newer frontends take the sentence as the title and call `add` deprecated.
  if (toasts[severity]) toasts[severity](message, { duration: life });
  else toasts.add({ severity, summary: text("error_title"), detail: message, life });
}

/**
 * Say something that the user can do something about. Toasts of ComfyUI have no buttons.
 * @param {string} message
 * @param {{label: string, act: () => void}[]} actions
 * @param {"hint" | "error"} kind
 * @param {string} about what it speaks of, by which it can be withdrawn
 */
export function offer(message, actions, kind = "hint", about = "") {
  const cards = board();
  for (const same of [...cards.children]) if (/** @type {HTMLElement} */ (same).dataset.message === message) same.remove();
  const buttons = actions.map(({ label, act }) =>
    button(label, () => {
      card.remove();
      act();
    }),
  );
  const close = iconButton("pi-times", text("dismiss"), () => card.remove());
  const card = element("div", { className: `wan27-card wan27-card-${kind}`, role: "alert" }, element("p", {}, message), close, element("footer", {}, ...buttons));
  Object.assign(card.dataset, { message, about });
  cards.append(card);
  if (kind === "error") cards.querySelector(".wan27-card-hint")?.remove(); // the error says the same, and why
  if (cards.children.length > MOST_CARDS) cards.firstElementChild?.remove();
}

/** @param {string} about what is no longer so */
export function withdraw(about) {
  for (const card of document.querySelectorAll(".wan27-card")) if (/** @type {HTMLElement} */ (card).dataset.about === about) card.remove();
}

/** Where the cards lie. */
function board() {
  const there = document.querySelector(".wan27-cards");
  if (there) return there;
  const made = element("section", { className: "wan27-cards", "aria-label": text("error_title") });
  document.body.append(made);
  return made;
}
