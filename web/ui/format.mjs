/** Durations, ages and prices as text in the user's language. */
import { text } from "./texts.mjs";

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
 * Format what was submitted today: "Today: ¥3.00 + $1.00 · 25 s of video".
 * @param {string[]} amounts estimated, one per currency
 * @param {number} seconds of video; they are known where a price is not
 */
export function todayText(amounts, seconds) {
  const video = seconds ? text("today_seconds", { seconds }) : "";
  const known = [amounts.join(" + "), video].filter(Boolean).join(" · ");
  return known ? text("today", { amounts: known }) : text("today_nothing");
}

/** @param {number} number */
function twoDigits(number) {
  return String(number).padStart(2, "0");
}
