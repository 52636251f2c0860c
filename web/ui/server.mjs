/** Calls to this pack's routes. None of them submits or buys anything. */
import { api } from "./comfyui.mjs";
import { text } from "./texts.mjs";

/** A failed call; its message is for the user. */
export class ServerError extends Error {}

/**
 * Return the message of a `ServerError`; rethrow anything else, which is a bug of this page.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  if (error instanceof ServerError) return error.message;
  throw error;
}

/**
 * @param {string} path such as "/wan27/settings"
 * @returns {Promise<any>} the JSON of the response
 * @throws {ServerError}
 */
export function get(path) {
  return call(path, { cache: "no-store" });
}

/**
 * @param {string} path
 * @param {object} body sent as JSON, the only content type that the routes accept
 * @returns {Promise<any>} the JSON of the response
 * @throws {ServerError}
 */
export function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** @param {string} path @param {RequestInit} options */
async function call(path, options) {
  const response = await api.fetchApi(path, options).catch(() => {
    throw new ServerError(text("no_server"));
  });
  const content = await response.json().catch(() => null);
  if (response.ok && content) return content;
  throw new ServerError(content?.error || text("odd_answer", { status: response.status }));
}
