/** The keyboard in the list of tasks: one stop for Tab, arrows inside. */
import { forget, play } from "./task_actions.mjs";

const PAGE = 5;

/** @typedef {import("./recent_tasks.mjs").RecentTasks} RecentTasks */

/** @type {Record<string, (tasks: RecentTasks, at: HTMLElement) => void>} */
const ON_TASK = {
  ArrowDown: (tasks) => tasks.move(1),
  ArrowUp: (tasks) => tasks.move(-1),
  PageDown: (tasks) => tasks.move(PAGE),
  PageUp: (tasks) => tasks.move(-PAGE),
  Home: (tasks) => tasks.goTo(0),
  End: (tasks) => tasks.goToEnd(),
  Enter: (tasks) => tasks.active && play(tasks.active),
  Delete: (tasks) => tasks.active && forget(tasks.active),
  ArrowRight: (_, at) => at.querySelector("button")?.focus(),
  ContextMenu: (_, at) => at.querySelector("button")?.focus(),
};

/** @type {Record<string, (tasks: RecentTasks, at: HTMLElement) => void>} */
const ON_BUTTON = {
  ArrowRight: (_, at) => neighbour(at.nextElementSibling)?.focus(),
  ArrowLeft: (_, at) => (neighbour(at.previousElementSibling) ?? /** @type {HTMLElement | null} */ (at.closest(".wan27-task")))?.focus(),
  Escape: (_, at) => /** @type {HTMLElement | null} */ (at.closest(".wan27-task"))?.focus(),
  ArrowDown: (tasks) => tasks.move(1),
  ArrowUp: (tasks) => tasks.move(-1),
};

/** @param {KeyboardEvent} event @param {RecentTasks} tasks */
export function onKey(event, tasks) {
  const at = /** @type {HTMLElement} */ (event.target);
  const act = (at.tagName === "BUTTON" ? ON_BUTTON : ON_TASK)[event.key];
  // ComfyUI's shortcuts listen on the window: Delete in here must not delete a node.
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(tasks, at);
}

/** @param {Element | null} element @returns {HTMLElement | null} */
function neighbour(element) {
  return element instanceof HTMLButtonElement ? element : null;
}
