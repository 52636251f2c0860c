/** The last task of each node, kept in the storage of this browser tab across reloads. */

const STORAGE_KEY = "wan27.task_ids";
const MAX_NODES = 300;

export class TaskIds {
  /** @type {Map<string, string>} by the node's key; the newest at the end */
  #ids;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage) {
    this.storage = storage;
    this.#ids = read(storage);
  }

  /** @param {string} nodeKey @param {string | null} taskId null: forget that of an earlier Run */
  remember(nodeKey, taskId) {
    if ((this.#ids.get(nodeKey) ?? null) === taskId) return;
    this.#ids.delete(nodeKey);
    if (taskId) this.#ids.set(nodeKey, taskId);
    this.#ids = new Map([...this.#ids].slice(-MAX_NODES));
    this.storage.setItem(STORAGE_KEY, JSON.stringify([...this.#ids]));
  }

  /** @returns {[nodeKey: string, taskId: string][]} */
  all() {
    return [...this.#ids];
  }
}

/**
 * Return what is stored; empty if it is not what this module writes.
 * @param {Pick<Storage, "getItem">} storage
 * @returns {Map<string, string>}
 */
function read(storage) {
  try {
    return new Map(JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}
