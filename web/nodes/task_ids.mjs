/** The last task of each node, kept in the storage of this browser tab across reloads. */

/** @typedef {{id: string, bought: boolean}} LastTask bought: the node's last Run submitted it */

const STORAGE_KEY = "wan27.last_tasks";
const MAX_NODES = 300;

export class TaskIds {
  /** @type {Map<string, LastTask>} by the node's key; the newest at the end */
  #ids;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage) {
    this.storage = storage;
    this.#ids = read(storage);
  }

  /**
   * @param {string} nodeKey
   * @param {string | null} id null: forget that of an earlier Run
   * @param {boolean} bought
   */
  remember(nodeKey, id, bought) {
    const known = this.#ids.get(nodeKey);
    if ((known?.id ?? null) === id && (!id || known?.bought === bought)) return;
    this.#ids.delete(nodeKey);
    if (id) this.#ids.set(nodeKey, { id, bought });
    this.#ids = new Map([...this.#ids].slice(-MAX_NODES));
    this.storage.setItem(STORAGE_KEY, JSON.stringify([...this.#ids]));
  }

  /** @param {string} nodeKey */
  get(nodeKey) {
    return this.#ids.get(nodeKey);
  }

  /** @returns {[nodeKey: string, task: LastTask][]} */
  all() {
    return [...this.#ids];
  }
}

/**
 * Return what is stored; empty if it is not what this module writes.
 * @param {Pick<Storage, "getItem">} storage
 * @returns {Map<string, LastTask>}
 */
function read(storage) {
  try {
    return new Map(JSON.parse(storage.getItem(STORAGE_KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}
