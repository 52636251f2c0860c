/** The headers between the days and months of the list, with what they cost. */
import { element } from "../ui/elements.mjs";
import { dateText, spentText } from "../ui/format.mjs";
import { locale } from "../ui/language.mjs";

/** @typedef {import("./loaded_tasks.mjs").LoadedTasks} LoadedTasks */
/** @typedef {[title: string, total: string]} Line */

const LINE_HEIGHT = 26; // pixels

/**
 * Return the lines above each task: its month and its day, where they are others than above.
 * What today and this month cost is at the top of the tab. A search has no totals: they count all.
 * @param {LoadedTasks} loaded
 * @returns {Line[][]} by the index of the task; empty where there is no header
 */
export function headersOf({ tasks, today, totals, query }) {
  const hasTotals = Object.keys(query).length === 0;
  /** @param {string} name of a day or month @returns {Line} */
  const line = (name) => [
    dateText(name, today, locale()),
    hasTotals && name !== today && totals[name] ? spentText(totals[name]) : "",
  ];
  let [last, lastMonth] = ["", today.slice(0, 7)];
  return tasks.map(({ day }) => {
    if (!day || day === last) return [];
    const month = day.slice(0, 7);
    const names = month === lastMonth ? [day] : [month, day];
    [last, lastMonth] = [day, month];
    return names.map(line);
  });
}

/** Return the height of a header in pixels. @param {Line[]} lines */
export function headerHeight(lines) {
  return lines.length * LINE_HEIGHT;
}

/** Create a header; null where there is none. @param {Line[]} lines */
export function dayHeader(lines) {
  if (!lines.length) return null;
  const created = lines.map(([title, total]) =>
    element("h3", {}, element("span", {}, title), element("span", { title: total }, total)),
  );
  return element("div", { className: "wan27-days" }, ...created);
}
