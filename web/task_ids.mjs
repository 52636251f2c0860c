/** Which task belongs to which node, as far as this tab of the browser has heard; a reload of the page does not forget it. */

const KEY = "wan27.task_ids";
const MOST = 300;

export class TaskIds {
  /** @type {Map<string, string>} by graph and node */
  #ids;

  /** @param {Pick<Storage, "getItem" | "setItem">} storage */
  constructor(storage) {
    this.storage = storage;
    this.#ids = read(storage);
  }

  /**
   * @param {string} graph id of the workflow
   * @param {string} node as ComfyUI runs it: "3", or "5:12" within a subgraph
   * @param {string | null | undefined} taskId
   */
  remember(graph, node, taskId) {
    const key = `${graph} ${node}`;
    if (!taskId || this.#ids.get(key) === taskId) return;
    this.#ids.delete(key); // the newest are at the end
    this.#ids.set(key, taskId);
    this.#ids = new Map([...this.#ids].slice(-MOST));
    this.storage.setItem(KEY, JSON.stringify([...this.#ids]));
  }

  /** @param {string} graph @returns {[node: string, taskId: string][]} every node of that workflow whose task is known */
  of(graph) {
    const found = [...this.#ids].map(([key, id]) => /** @type {[string, string, string]} */ ([...key.split(" "), id]));
    return found.filter(([of]) => of === graph).map(([, node, id]) => [node, id]);
  }
}

/** @param {Pick<Storage, "getItem">} storage @returns {Map<string, string>} empty where it holds something else */
function read(storage) {
  try {
    return new Map(JSON.parse(storage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

/** @param {any} output what a node of ours handed to the page: its video's name is the task's id @returns {string | null} */
export function idInOutput(output) {
  const video = output?.images?.[0];
  return video?.subfolder === "wan27" ? video.filename.replace(/\.mp4$/, "") : null;
}
