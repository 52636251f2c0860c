/** Keys in the list of tasks: Tab stops once, the arrow keys move inside. */
import { forget, play } from "./task_actions.mjs";

/**
 * @typedef {object} Cursor what the keys move
 * @property {import("./loaded_tasks.mjs").Task | undefined} active
 * @property {(steps: number) => void} move
 * @property {(index: number) => void} goTo
 * @property {() => void} goToEnd
 */
/** @typedef {Record<string, (cursor: Cursor, target: HTMLElement) => void>} Keys */

const PAGE = 5;

/** @type {Keys} */
const ON_TASK = {
  ArrowDown: (cursor) => cursor.move(1),
  ArrowUp: (cursor) => cursor.move(-1),
  PageDown: (cursor) => cursor.move(PAGE),
  PageUp: (cursor) => cursor.move(-PAGE),
  Home: (cursor) => cursor.goTo(0),
  End: (cursor) => cursor.goToEnd(),
  Enter: ({ active }) => active && play(active),
  Delete: ({ active }) => active && forget(active),
  ArrowRight: (_, task) => task.querySelector("button")?.focus(),
  ContextMenu: (_, task) => task.querySelector("button")?.focus(),
};

/** @type {Keys} */
const ON_BUTTON = {
  ArrowRight: (_, button) => after(button)?.focus(),
  ArrowLeft: (_, button) => (before(button) ?? taskAround(button))?.focus(),
  Escape: (_, button) => taskAround(button)?.focus(),
  ArrowDown: (cursor) => cursor.move(1),
  ArrowUp: (cursor) => cursor.move(-1),
};

/** @param {KeyboardEvent} event @param {Cursor} cursor */
export function onKey(event, cursor) {
  const target = /** @type {HTMLElement} */ (event.target);
  const act = (target.tagName === "BUTTON" ? ON_BUTTON : ON_TASK)[event.key];
  // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(cursor, target);
}

/** @param {HTMLElement} button @returns {HTMLElement | null} */
function after(button) {
  return /** @type {HTMLElement | null} */ (button.nextElementSibling);
}

/** @param {HTMLElement} button @returns {HTMLElement | null} */
function before(button) {
  return /** @type {HTMLElement | null} */ (button.previousElementSibling);
}

/** @param {HTMLElement} button @returns {HTMLElement | null} */
function taskAround(button) {
  return button.closest(".wan27-task");
}
