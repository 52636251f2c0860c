/** How long ago, in the user's language. */

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/**
 * @param {number} then seconds since 1970
 * @param {number} now
 * @param {string} language such as "zh-TW"
 */
export function age(then, now, language) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const gone = Math.max(0, now - then);
  const [unit, seconds] = UNITS.find(([, length]) => gone >= length) ?? ["second", 1];
  return unit === "second" ? format.format(0, "second") : format.format(-Math.floor(gone / seconds), unit);
}
