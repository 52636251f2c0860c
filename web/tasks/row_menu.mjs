/** A menu of actions in words, with the keys that menus have everywhere. */
import { element, iconButton } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";

/** @typedef {import("./task_actions.mjs").Action} Action */

const GAP = 4; // pixels between the menu, its button and the edges of the window

/** Create the button that opens a menu. @param {Action[]} actions */
export function menuButton(actions) {
  const open = () => openMenu(actions, created.getBoundingClientRect());
  const created = iconButton("pi-ellipsis-h", text("more_actions"), open);
  created.setAttribute("aria-haspopup", "menu");
  return created;
}

/**
 * Open a menu. It closes at a choice, Escape, Tab or a click elsewhere, and returns the focus.
 * @param {Action[]} actions
 * @param {{left: number, right: number, top: number, bottom: number}} beside in the page's units
 */
export function openMenu(actions, beside) {
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  const items = actions.map(({ icon, label, act }) => {
    const onclick = () => {
      menu.hidePopover();
      act();
    };
    const image = element("i", { className: `pi ${icon}`, "aria-hidden": "true" });
    const properties = { type: "button", role: "menuitem", tabIndex: -1, onclick };
    return element("button", properties, image, element("span", {}, label));
  });
  const onkeydown = (/** @type {KeyboardEvent} */ event) => onKey(event, menu, items);
  const properties = { className: "wan27-menu", role: "menu", popover: "auto", onkeydown };
  const menu = element("div", { ...properties, "aria-label": text("more_actions") }, ...items);
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    const hasFocus = menu.contains(document.activeElement);
    menu.remove();
    if (hasFocus || document.activeElement === document.body) opener?.focus();
  });
  document.body.append(menu);
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  const fits = beside.bottom + GAP + height <= window.innerHeight;
  const top = fits ? beside.bottom + GAP : Math.max(GAP, beside.top - GAP - height);
  const left = Math.min(beside.left, window.innerWidth - GAP - width);
  Object.assign(menu.style, { left: `${Math.max(GAP, left)}px`, top: `${top}px` });
  items[0]?.focus();
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} menu
 * @param {HTMLElement[]} items
 */
function onKey(event, menu, items) {
  const { key } = event;
  event.stopPropagation(); // ComfyUI's shortcuts listen on the window
  if (key === "Tab" || key === "Escape") {
    event.preventDefault();
    menu.hidePopover();
    return;
  }
  const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const found = itemAt(key, index, items);
  if (!found) return;
  event.preventDefault();
  found.focus();
}

/**
 * Return the item that a key leads to: an arrow, an end, or the next one with that first letter.
 * @param {string} key
 * @param {number} index of the current item
 * @param {HTMLElement[]} items
 */
function itemAt(key, index, items) {
  if (key === "ArrowDown") return items[(index + 1) % items.length];
  if (key === "ArrowUp") return items.at(index - 1);
  if (key === "Home") return items[0];
  if (key === "End") return items.at(-1);
  if (key.length !== 1 || key === " ") return undefined;
  const letter = key.toLowerCase();
  const others = [...items.slice(index + 1), ...items.slice(0, index + 1)];
  return others.find(({ textContent }) => textContent?.toLowerCase().startsWith(letter));
}
