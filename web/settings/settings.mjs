/** The settings and keys as the server stores them: load, save, and listen for changes. */
import { api } from "../ui/comfyui.mjs";
import { showError, showInfo } from "../ui/notices.mjs";
import { get, messageOf, post } from "../ui/server.mjs";
import { text } from "../ui/texts.mjs";

/**
 * @typedef {object} Setting
 * @property {string} name of its environment variable
 * @property {string} kind
 * @property {string[] | null} choices
 * @property {Record<string, string>} titles of choices that are names
 * @property {string | null} value
 * @property {boolean} locked true if the environment sets it
 */
/**
 * @typedef {object} KeyState
 * @property {string} name of its environment variable
 * @property {string} host
 * @property {string} title of the host
 * @property {boolean} set
 * @property {boolean} locked true if the environment sets it
 * @property {string} console address where the user gets a key
 * @property {boolean} is_enough true if every template runs with the key alone
 */
/**
 * @typedef {object} State
 * @property {{name: string, title: string} | null} host that a Run uses
 * @property {string | null} problem why nothing can run
 * @property {KeyState[]} keys
 * @property {Setting[]} settings
 */
/** @typedef {Record<string, string | null>} Values by setting; null: not set */

/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {() => void} listener called after a setting or a key was changed on this page */
export function onSettingsChange(listener) {
  listeners.add(listener);
}

/** @returns {Promise<State>} */
export function loadSettings() {
  return get("/wan27/settings");
}

/** Return why this page may not change anything, as the server says it; "" if it may. */
export function writeProblem() {
  return post("/wan27/pages", { client_id: api.clientId ?? "" }).then(() => "", messageOf);
}

/** @param {Values} values @returns {Promise<State>} rejects with the server's objection */
export function saveSettings(values) {
  return change("/wan27/settings", values);
}

/**
 * Save a key; null removes it.
 * @param {string} name
 * @param {string | null} value
 * @returns {Promise<State>} rejects with the server's objection
 */
export function saveKey(name, value) {
  return change("/wan27/keys", { name, value });
}

/** Choose the simulator as the host. @returns {Promise<State>} */
export function saveSimulator() {
  return saveSettings({ WAN27_HOST: "simulator" });
}

/** Choose the simulator as the host, and show a notice with the result. */
export async function simulate() {
  await saveSimulator().then(
    () => showInfo(text("simulating")),
    (error) => showError(messageOf(error)),
  );
}

/** Ask the host whether it accepts the key. @returns {Promise<{ok: boolean, message: string}>} */
export function checkKey() {
  return post("/wan27/check", {});
}

/** @param {string} path @param {object} body @returns {Promise<State>} */
async function change(path, body) {
  const state = await post(path, body);
  listeners.forEach((listener) => listener());
  return state;
}
