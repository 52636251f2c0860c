/** The settings and keys as the server stores them: load and save. */
import { api } from "../ui/comfyui.mjs";
import { showError, showInfo } from "../ui/notices.mjs";
import { get, messageOf, post } from "../ui/server.mjs";
import { knownText, text } from "../ui/texts.mjs";

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
 * @property {{name: string, title: string, key: string} | null} host that a Run uses, and the
 *   name of its key
 * @property {string | null} problem why nothing can run; a missing key is none
 * @property {KeyState[]} keys
 * @property {Setting[]} settings
 */
/** @typedef {Record<string, string | null>} Values by setting; null: not set */

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
  return post("/wan27/settings", values);
}

/**
 * Save a key; null removes it.
 * @param {string} name
 * @param {string | null} value
 * @returns {Promise<State>} rejects with the server's objection
 */
export function saveKey(name, value) {
  return post("/wan27/keys", { name, value });
}

/** Choose the simulator as the host. @returns {Promise<State>} */
export function saveSimulator() {
  return saveSettings({ WAN27_HOST: "simulator" });
}

/** Choose the simulator as the host, and show a notice with the result. */
export function simulate() {
  return notify(saveSimulator(), text("simulating"));
}

/**
 * Switch a setting on after an error that this helps with, and show a notice with the result.
 * @param {string} name
 * @returns {Promise<boolean>} true if it is on
 */
export function switchOn(name) {
  return notify(saveSettings({ [name]: "1" }), knownText(`${name}_done`) ?? text("saved"));
}

/** Return false if the environment has chosen the host. @param {State} state */
export function canSimulate({ settings }) {
  return !settings.find(({ name }) => name === "WAN27_HOST")?.locked;
}

/** @param {Promise<unknown>} saving @param {string} done */
function notify(saving, done) {
  return saving.then(
    () => {
      showInfo(done);
      return true;
    },
    (error) => {
      showError(messageOf(error));
      return false;
    },
  );
}

/** Ask the host whether it accepts the key. @returns {Promise<{ok: boolean, message: string}>} */
export function checkKey() {
  return post("/wan27/check", {});
}

