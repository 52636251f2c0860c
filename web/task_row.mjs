/** One task in the list. */
import { age } from "./ages.mjs";
import { api } from "./comfyui.mjs";
import { element, iconButton } from "./elements.mjs";
import { locale } from "./language.mjs";
import { priceText } from "./prices.mjs";
import { actions } from "./task_actions.mjs";
import { known, text } from "./texts.mjs";

/** @typedef {import("./task_list.mjs").Task} Task */

/** @param {Task} task @param {number} now seconds since 1970 */
export function taskRow(task, now) {
  const id = `wan27-task-${task.id}`;
  const state = element("span", { className: `wan27-state wan27-state-${task.state}` }, known(task.state) ?? task.state);
  const time = element("time", { dateTime: new Date(task.created * 1000).toISOString() }, age(task.created, now, locale()));
  const title = element("div", { className: "wan27-line", id }, state, element("span", {}, task.host), time);
  const words = task.error || task.prompt || text("no_prompt");
  const prompt = element("div", { className: task.error ? "wan27-words wan27-error" : "wan27-words", title: task.error || task.prompt }, words);
  const made = element("div", { className: "wan27-facts", title: facts(task) }, facts(task));
  const bar = element("div", { className: "wan27-actions" }, ...actions(task).map(({ icon, label, act }) => rowButton(icon, label, act)));
  return element("article", { className: "wan27-task", "aria-labelledby": id }, picture(task), element("div", {}, title, prompt, made, bar));
}

/** The arrow keys go into the buttons of a row; Tab goes past them. @param {string} icon @param {string} label @param {() => void} act */
function rowButton(icon, label, act) {
  const made = iconButton(icon, label, act);
  made.tabIndex = -1;
  return made;
}

/** @param {Task} task what it made, and for how much */
function facts({ resolution, duration, price, video, path }) {
  const seconds = duration ? text("seconds", { seconds: duration }) : "";
  const cost = price === null ? "" : priceText(price);
  return [resolution, seconds, cost, video ? "" : path].filter(Boolean).join(" · ");
}

/** @param {Task} task */
function picture(task) {
  if (!task.picture?.startsWith("/wan27/pictures/")) return element("div", { className: "wan27-picture" });
  return element("img", { className: "wan27-picture", src: api.apiURL(task.picture), alt: "", loading: "lazy" });
}
