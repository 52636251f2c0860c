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
  ArrowRight: (_, task) => controlsOf(task)[0]?.focus(),
};

/** @type {Keys} */
const ON_CONTROL = {
  ArrowRight: (_, control) => neighbor(control, 1)?.focus(),
  ArrowLeft: (_, control) => (neighbor(control, -1) ?? taskAround(control))?.focus(),
  Escape: (_, control) => taskAround(control)?.focus(),
  ArrowDown: (cursor) => cursor.move(1),
  ArrowUp: (cursor) => cursor.move(-1),
};

/** @param {KeyboardEvent} event @param {Cursor} cursor */
export function onKey(event, cursor) {
  const target = /** @type {HTMLElement} */ (event.target);
  const act = (target === taskAround(target) ? ON_TASK : ON_CONTROL)[event.key];
  // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(cursor, target);
}

/** Return the buttons and links of a task. @param {HTMLElement | null} task */
function controlsOf(task) {
  const found = task?.querySelectorAll("button, a") ?? [];
  return /** @type {HTMLElement[]} */ ([...found]);
}

/** @param {HTMLElement} control @param {number} steps @returns {HTMLElement | undefined} */
function neighbor(control, steps) {
  const all = controlsOf(taskAround(control));
  return all[all.indexOf(control) + steps];
}

/** @param {HTMLElement} control @returns {HTMLElement | null} */
function taskAround(control) {
  return control.closest(".wan27-task");
}
