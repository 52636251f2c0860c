/** Talking with this pack's routes. Nothing here submits or buys anything. */
import { api } from "./comfyui.mjs";
import { text } from "./texts.mjs";

/** What went wrong, as a sentence for the user. */
export class Refused extends Error {}

/** @param {unknown} error @returns {string} what to show of it; what is no `Refused` is a fault of this page and goes on */
export function sentence(error) {
  if (error instanceof Refused) return error.message;
  throw error;
}

/**
 * @param {string} path such as "/wan27/settings"
 * @returns {Promise<any>} the answer's JSON; throws `Refused`
 */
export function get(path) {
  return call(path, { cache: "no-store" });
}

/**
 * @param {string} path
 * @param {object} body sent as JSON, which is all that the routes accept
 * @returns {Promise<any>} the answer's JSON; throws `Refused`
 */
export function post(path, body) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {string} path @param {RequestInit} options */
async function call(path, options) {
  const answer = await api.fetchApi(path, options).catch(() => {
    throw new Refused(text("no_server"));
  });
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  throw new Refused(said?.error || text("odd_answer", { status: answer.status }));
}
