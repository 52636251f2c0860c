/** What something costs, in words; the amounts are the server's. */
import { text } from "./texts.mjs";

/** @param {string | null} price as the server says it: "¥3.00", "" where it is free, null where nobody knows */
export function priceText(price) {
  if (price === null) return text("price_unknown");
  return price ? text("about", { amount: price }) : text("free");
}
