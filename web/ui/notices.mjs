/** Notices for the user: ComfyUI's toasts, and our own cards, which stay and can have buttons. */
import { app } from "./comfyui.mjs";
import { button, element, iconButton, link } from "./elements.mjs";
import { text } from "./texts.mjs";

const MAX_CARDS = 3;
const TOAST_MILLISECONDS = 5000; // at least
const READING_MILLISECONDS = 60; // a character

/** Show a success message for as long as reading it takes. @param {string} message */
export function showInfo(message) {
  showToast("info", message, Math.max(TOAST_MILLISECONDS, READING_MILLISECONDS * message.length));
}

/** Show an error message until the user closes it. @param {string} message */
export function showError(message) {
  showToast("error", message);
}

/**
 * @param {"info" | "error"} severity
 * @param {string} message a toast with the same message is replaced
 * @param {number} [life] milliseconds; undefined: until closed
 */
function showToast(severity, message, life) {
  const toasts = /** @type {any} */ (app.extensionManager.toast);
  const id = `wan27 ${message}`;
  // Newer frontends deprecate `add` and take the message as the title.
  if (toasts[severity]) return toasts[severity](message, { duration: life, id });
  const toast = { id, severity, summary: text("error_title"), detail: message, life };
  toasts.remove(toast);
  setTimeout(() => toasts.add(toast)); // of one turn, these frontends add before they remove
}

/**
 * Show a card with buttons, which ComfyUI's toasts do not have. A button closes it, unless its
 * action returns or resolves to false.
 * @param {string} message a card with the same message is replaced
 * @param {{label: string, act: () => unknown}[]} actions
 * @param {"hint" | "error"} kind an error removes the hint: it says the same, and why
 * @param {string} about what the card is about, for `removeCards`
 * @param {string[]} pages addresses in the message that we wrote; others may be a host's
 */
export function showCard(message, actions, kind = "hint", about = "", pages = []) {
  const cards = cardList();
  removeWhere((data) => data.message === message);
  let busy = false; // a second click, while a dialog is loading, would open another one
  const buttons = actions.map(({ label, act }) =>
    button(label, async () => {
      if (busy) return;
      busy = true;
      const done = await act();
      busy = false;
      if (done !== false) card.remove();
    }),
  );
  const card = element(
    "div",
    { className: `wan27-card wan27-card-${kind}`, role: "alert" },
    element("p", {}, ...withLinks(message, pages)),
    iconButton("pi-times", text("dismiss"), () => card.remove()),
    buttons.length ? element("footer", {}, ...buttons) : null,
  );
  Object.assign(card.dataset, { message, about });
  cards.append(card);
  if (kind === "error") cards.querySelector(".wan27-card-hint")?.remove();
  if (cards.children.length > MAX_CARDS) cards.firstElementChild?.remove();
}

/** @param {string} message @param {string[]} pages */
function withLinks(message, pages) {
  const parts = message.split(/(https:\/\/[^\s()]*[^\s().,:;])/);
  return parts.map((part) => (pages.includes(part) ? link(part, part) : part));
}

/** Remove the cards about something that no longer applies. @param {string} about */
export function removeCards(about) {
  removeWhere((data) => data.about === about);
}

/** @param {(data: DOMStringMap) => boolean} matches */
function removeWhere(matches) {
  const cards = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".wan27-card"));
  for (const card of cards) if (matches(card.dataset)) card.remove();
}

/** Return the element that holds the cards; created on first use. */
function cardList() {
  const existing = document.querySelector(".wan27-cards");
  if (existing) return existing;
  const properties = { className: "wan27-cards", "aria-label": text("error_title") };
  const created = element("section", properties);
  document.body.append(created);
  return created;
}
