/** Adding nodes to the open workflow, where it is free. */
import { app } from "../ui/comfyui.mjs";
import { freeSpace, GAP, heightAfterRun } from "./free_space.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./free_space.mjs").Rect} Rect */

/**
 * Make a change of the open workflow that one Undo takes back, and no more.
 * @param {() => void} change
 */
export function inOneStep(change) {
  const canvas = /** @type {any} */ (app.canvas);
  /** @param {() => void} work */
  const step = (work) => {
    canvas.emitBeforeChange?.();
    try {
      work();
    } finally {
      canvas.emitAfterChange?.();
    }
  };
  step(() => {}); // records what was changed before
  step(change);
  canvas.setDirty(true, true);
}

/**
 * Add nodes side by side, where the graph is free, and show the first one.
 * @param {Node[]} nodes
 * @param {(added: Node[]) => void} prepare them once they are in the graph, in the same step
 * @param {[clientX: number, clientY: number]} [at] near this point of the page, else in the middle
 */
export function addNodes(nodes, prepare, at) {
  const canvas = /** @type {any} */ (app.canvas);
  const graph = canvas.graph ?? app.graph;
  const width = nodes.reduce((sum, { size }) => sum + size[0] + GAP, -GAP);
  const height = Math.max(...nodes.map(heightAfterRun));
  const [x, y] = toGraph(canvas, at ?? middle(canvas));
  const corner = [x - width / 2, y - nodes[0].size[1] / 2];
  const [left, top] = freeSpace(rects(graph), [corner[0], corner[1], width, height]);
  inOneStep(() => {
    let next = left;
    for (const node of nodes) {
      node.pos = [next, top];
      next += node.size[0] + GAP;
      graph.add(node);
    }
    prepare(nodes);
  });
  canvas.selectNode?.(nodes[0]);
  canvas.centerOnNode?.(nodes[0]);
}

/** Return where the nodes of a graph are. @param {any} graph @returns {Rect[]} */
function rects({ nodes }) {
  return nodes.map((/** @type {Node} */ node) => {
    const { pos, size } = node;
    return [pos[0], pos[1], size[0], heightAfterRun(node)];
  });
}

/** Return the middle of the view, in the page's units. @param {any} canvas */
function middle(canvas) {
  const { left, top, width, height } = canvas.canvas.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/** @param {any} canvas @param {number[]} point in the page's units */
function toGraph({ canvas, ds }, [clientX, clientY]) {
  const { left, top } = canvas.getBoundingClientRect();
  return [(clientX - left) / ds.scale - ds.offset[0], (clientY - top) / ds.scale - ds.offset[1]];
}
