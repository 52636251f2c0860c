/** One task in the list. */
import { api } from "../ui/comfyui.mjs";
import { element, iconButton } from "../ui/elements.mjs";
import { ageText, priceText } from "../ui/format.mjs";
import { locale } from "../ui/language.mjs";
import { knownText, text } from "../ui/texts.mjs";
import { actionsOf } from "./task_actions.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */

/** Create the row of a task. @param {Task} task @param {number} now seconds since 1970 */
export function taskRow(task, now) {
  const id = `wan27-task-${task.id}`;
  const content = [titleLine(task, id, now), promptLine(task), factsLine(task), buttons(task)];
  return element(
    "article",
    { className: "wan27-task", "aria-labelledby": id },
    thumbnail(task),
    element("div", {}, ...content),
  );
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

/** Create the buttons. Tab skips them, the arrow keys reach them. @param {Task} task */
function buttons(task) {
  const icons = actionsOf(task).map(({ icon, label, act }) => iconButton(icon, label, act));
  for (const icon of icons) icon.tabIndex = -1;
  return element("div", { className: "wan27-actions" }, ...icons);
}

/** Create the thumbnail, or an empty box in its size. @param {Task} task */
function thumbnail({ thumbnail: address }) {
  const className = "wan27-thumbnail";
  if (!address) return element("div", { className });
  return element("img", { className, src: api.apiURL(address), alt: "", loading: "lazy" });
}
