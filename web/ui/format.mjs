/** Durations, ages and prices as text in the user's language. */
import { knownText, text } from "./texts.mjs";

/** @type {[Intl.RelativeTimeFormatUnit, number][]} each unit with its length in seconds */
const AGE_UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/**
 * Format a duration: 42 s, 3 min 05 s, 1 h 02 min.
 * @param {number} seconds whole seconds
 */
export function durationText(seconds) {
  if (seconds < 60) return text("seconds", { seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return text("minutes", { minutes, seconds: twoDigits(seconds % 60) });
  return text("hours", { hours: Math.floor(minutes / 60), minutes: twoDigits(minutes % 60) });
}

/**
 * Format how long ago `then` was, in the largest whole unit.
 * @param {number} then seconds since 1970
 * @param {number} now seconds since 1970
 * @param {string} language such as "zh-TW"
 */
export function ageText(then, now, language) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const age = Math.max(0, now - then);
  const found = AGE_UNITS.find(([, length]) => age >= length);
  if (!found) return format.format(0, "second");
  const [unit, length] = found;
  return format.format(-Math.floor(age / length), unit);
}

/**
 * Format a price.
 * @param {string | null} price as the server sends it: "¥3.00", "" if free, null if unknown
 */
export function priceText(price) {
  if (price === null) return text("price_unknown");
  return price ? text("about", { amount: price }) : text("free");
}

/**
 * Format the charge for several equal videos.
 * @param {string | null} price of one, as the server sends it
 * @param {number} count
 */
export function chargeText(price, count) {
  return price ? `${count} × ${price}` : priceText(price);
}

/**
 * Format what was submitted in some time: "about ¥3.00 + $1.00 · 25 s of video"; "" for nothing.
 * @param {{amounts: string[], seconds: number}} total estimated costs, one per currency, and the
 *   length of the videos, which is known where a price is not
 */
export function spentText({ amounts, seconds }) {
  const cost = amounts.length ? text("about", { amount: amounts.join(" + ") }) : "";
  const video = seconds ? text("seconds_of_video", { seconds }) : "";
  return [cost, video].filter(Boolean).join(" · ");
}

/**
 * Format a day or a month, without the year if it is the current one.
 * @param {string} name "2026-11-30" or "2026-11"
 * @param {string} today
 * @param {string} language such as "zh-TW"
 */
export function dateText(name, today, language) {
  if (name === today) return capitalized(relative(0, language), language);
  const isMonth = name.length === 7;
  const year = isMonth || name.slice(0, 4) !== today.slice(0, 4) ? "numeric" : undefined;
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isMonth ? {} : { weekday: "short", day: "numeric" };
  const format = new Intl.DateTimeFormat(language, {
    ...day,
    month: isMonth ? "long" : "short",
    year,
    timeZone: "UTC",
  });
  return capitalized(format.format(new Date(isMonth ? `${name}-01` : name)), language);
}

/** @param {number} days @param {string} language */
function relative(days, language) {
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
}

/** @param {string} words @param {string} language */
function capitalized(words, language) {
  return words.charAt(0).toLocaleUpperCase(language) + words.slice(1);
}

/** @param {number} number */
function twoDigits(number) {
  return String(number).padStart(2, "0");
}

/** Return the title of a host: the simulator's is a word. @param {string} title from the server */
export function hostText(title) {
  return knownText(`host_${title}`) ?? title;
}
