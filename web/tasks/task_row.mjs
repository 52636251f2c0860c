/** One task in the list. */
import { DECISIONS, isUndecided } from "../nodes/decisions.mjs";
import { api } from "../ui/comfyui.mjs";
import { button, element, iconButton, link } from "../ui/elements.mjs";
import { ageText, priceText } from "../ui/format.mjs";
import { locale } from "../ui/language.mjs";
import { knownText, text } from "../ui/texts.mjs";
import { makeDraggable } from "./drag.mjs";
import { actionsOf, collectableId } from "./task_actions.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */

const HEIGHT = 92; // pixels
const UNDECIDED_HEIGHT = 180; // with a sentence and two buttons instead of the icons
const ICONS_HEIGHT = 24;

/** Return the height of a task's row in pixels. @param {Task} task */
export function heightOf(task) {
  if (!isUndecided(task)) return HEIGHT;
  return UNDECIDED_HEIGHT + (task.task_id ? ICONS_HEIGHT : 0);
}

/** Create the row of a task. @param {Task} task @param {number} now seconds since 1970 */
export function taskRow(task, now) {
  const id = `wan27-task-${task.id}`;
  const undecided = isUndecided(task);
  const line = undecided ? question(task) : promptLine(task);
  const content = [titleLine(task, id, now), line, factsLine(task), icons(task)];
  const row = element(
    "article",
    { className: "wan27-task", "aria-labelledby": id },
    thumbnail(task),
    element("div", {}, ...content),
    undecided ? decisions(task) : null,
  );
  row.style.height = `${heightOf(task)}px`;
  return row;
}

/**
 * Create the line with state, host and age.
 * @param {Task} task
 * @param {string} id
 * @param {number} now seconds since 1970
 */
function titleLine({ state, host, created }, id, now) {
  const dateTime = new Date(created * 1000).toISOString();
  return element(
    "div",
    { className: "wan27-line", id },
    element("span", { className: `wan27-state wan27-state-${state}` }, knownText(state) ?? state),
    element("span", {}, host),
    element("time", { dateTime }, ageText(created, now, locale())),
  );
}

/**
 * Create the sentence that asks a person to decide, with a link to the page that answers it.
 * @param {Task} task
 */
function question({ state, host, billing, error }) {
  const page = billing ? link(billing, text("billing", { host })) : null;
  if (page) page.tabIndex = -1;
  const sentence = knownText(`${state}_help`, { host }) ?? error;
  return element("p", { className: "wan27-question", title: error }, sentence, " ", page);
}

/** Create the buttons that answer the question. @param {Task} task */
function decisions(task) {
  const answers = actionsOf(task).filter(({ name }) => DECISIONS.includes(name));
  const buttons = answers.map(({ label, act }) => {
    const created = button(label, act);
    return Object.assign(created, { tabIndex: -1, title: label });
  });
  return element("div", { className: "wan27-decisions" }, ...buttons);
}

/** Create the line with the error, or else the prompt. @param {Task} task */
function promptLine({ error, prompt }) {
  const className = error ? "wan27-words wan27-error" : "wan27-words";
  const title = error || prompt;
  return element("div", { className, title }, title || text("no_prompt"));
}

/**
 * Create the line with resolution, length and cost, and the path of a video that is missing.
 * @param {Task} task
 */
function factsLine({ resolution, duration, price, video, path }) {
  const seconds = duration ? text("seconds", { seconds: duration }) : "";
  const cost = price === null ? "" : priceText(price);
  const facts = [resolution, seconds, cost, video ? "" : path].filter(Boolean).join(" · ");
  return element("div", { className: "wan27-facts", title: facts }, facts);
}

/**
 * Create the icons of all other actions. Tab skips every button, the arrow keys reach them.
 * @param {Task} task
 */
function icons(task) {
  const answered = isUndecided(task) ? DECISIONS : [];
  const others = actionsOf(task).filter(({ name }) => !answered.includes(name));
  const icons = others.map(({ icon, label, act }) => iconButton(icon, label, act));
  for (const icon of icons) icon.tabIndex = -1;
  return element("div", { className: "wan27-actions" }, ...icons);
}

/** Create the thumbnail, or an empty box in its size, to drag to the graph. @param {Task} task */
function thumbnail(task) {
  const { thumbnail: address } = task;
  const className = "wan27-thumbnail";
  const image = { className, src: api.apiURL(address ?? ""), alt: "", loading: "lazy" };
  const created = address ? element("img", image) : element("div", { className });
  makeDraggable(created, collectableId(task));
  return created;
}
