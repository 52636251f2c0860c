/** One task in the list. */
import { DECISIONS, isUndecided } from "../nodes/decisions.mjs";
import { phaseText, questionText } from "../nodes/status_line.mjs";
import { button, element, iconButton, link } from "../ui/elements.mjs";
import { ageText, hostText, priceText } from "../ui/format.mjs";
import { locale } from "../ui/language.mjs";
import { knownText, text } from "../ui/texts.mjs";
import { dayHeader } from "./day_headers.mjs";
import { menuButton, openMenu } from "./row_menu.mjs";
import { actionsOf, play } from "./task_actions.mjs";
import { thumbnail } from "./thumbnail.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */
/** @typedef {import("./day_headers.mjs").Line} Line */

const MOST_ICONS = 4; // more of them confuse

/** Create an invisible row that is as high as that of an undecided task. @param {Task} task */
export function sampleRow(task) {
  const content = [titleLine(task, "", 0), question(task), factsLine(task), icons(task)];
  return element(
    "div",
    { className: "wan27-sample" },
    element("div", { className: "wan27-thumbnail" }),
    element("div", {}, ...content),
    decisions(task),
  );
}

/**
 * Create the row of a task.
 * @param {Task} task
 * @param {Line[]} header above it
 * @param {number} now seconds since 1970
 */
export function taskRow(task, header, now) {
  const id = `wan27-task-${task.id}`;
  const undecided = isUndecided(task);
  const line = undecided ? question(task) : promptLine(task);
  line.id = `${id}-words`;
  const content = [titleLine(task, id, now), line, factsLine(task), icons(task)];
  const row = element(
    "article",
    { className: "wan27-task", "aria-labelledby": id, "aria-describedby": line.id },
    dayHeader(header),
    thumbnail(task),
    element("div", {}, ...content),
    undecided ? decisions(task) : null,
  );
  if (task.video) row.dataset.playable = "";
  row.addEventListener("click", ({ target }) => isOnRow(target) && play(task));
  row.addEventListener("contextmenu", (event) => {
    if (!isOnRow(event.target)) return;
    event.preventDefault();
    const { clientX: left, clientY: top } = event;
    row.focus({ preventScroll: true });
    openMenu(actionsOf(task), { left, right: left, top, bottom: top });
  });
  return row;
}

/** Return true for the row itself: not a button, a link, a header, or words that are selected. */
function isOnRow(/** @type {EventTarget | null} */ target) {
  const isOther = target instanceof Element && target.closest("button, a, .wan27-days");
  return !isOther && !String(getSelection());
}

/**
 * Create the line with state, host and age.
 * @param {Task} task
 * @param {string} id
 * @param {number} now seconds since 1970
 */
function titleLine({ state, progress, host, created }, id, now) {
  const dateTime = new Date(created * 1000).toISOString();
  const words = progress ? phaseText(progress) : (knownText(state) ?? state);
  return element(
    "div",
    { className: "wan27-line", id },
    element("span", { className: `wan27-state wan27-state-${state}`, title: words }, words),
    element("span", { title: hostText(host) }, hostText(host)),
    element("time", { dateTime, title: dateOf(created) }, ageText(created, now, locale())),
  );
}

/** @param {number} created seconds since 1970 */
function dateOf(created) {
  return new Date(created * 1000).toLocaleString(locale());
}

/**
 * Create the sentence that asks a person to decide, with a link to the page that answers it.
 * @param {Task} task
 */
function question(task) {
  const { host, billing } = task;
  const page = billing ? link(billing, text("billing", { host })) : null;
  if (page) page.tabIndex = -1;
  const properties = { className: "wan27-question", title: task.error };
  return element("p", properties, questionText(task), " ", page);
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

/** Create the line with the error, unless it is decided, or else the prompt. @param {Task} task */
function promptLine({ state, error, progress, problem, prompt }) {
  const wrong = state === "abandoned" ? "" : error || (progress ? "" : problem);
  const className = wrong ? "wan27-words wan27-error" : "wan27-words";
  const words = wrong || prompt;
  return element("div", { className, title: words }, words || text("no_prompt"));
}

/**
 * Create the line with resolution, length and cost, and the path of a video that is missing.
 * @param {Task} task
 */
function factsLine(task) {
  const { resolution, duration, video, path } = task;
  const seconds = duration ? text("seconds", { seconds: duration }) : "";
  const cost = resolution ? costText(task) : "";
  const facts = [resolution, seconds, cost, video ? "" : path].filter(Boolean).join(" · ");
  return element("div", { className: "wan27-facts", title: facts }, facts);
}

/** Return what a task cost; a failed one has no price. @param {Task} task */
function costText({ state, price }) {
  if (state !== "failed") return priceText(price);
  return text(price === null ? "charge_unknown" : "nothing_to_pay");
}

/**
 * Create the icons of the first actions, and a menu of the others. Tab skips them all, the arrow
 * keys reach them.
 * @param {Task} task
 */
function icons(task) {
  const answered = isUndecided(task) ? DECISIONS : [];
  const others = actionsOf(task).filter(({ name }) => !answered.includes(name));
  const shown = others.length > MOST_ICONS ? MOST_ICONS - 1 : MOST_ICONS;
  const hidden = others.slice(shown);
  const icons = others
    .slice(0, shown)
    .map(({ icon, label, act }) => iconButton(icon, label, act));
  if (hidden.length) icons.push(menuButton(hidden));
  for (const icon of icons) icon.tabIndex = -1;
  return element("div", { className: "wan27-actions" }, ...icons);
}
