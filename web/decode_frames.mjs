/** `decode_frames` follows the graph: frames that nobody takes would cost gigabytes for nothing. */
import { app } from "./comfyui.mjs";
import { isLinked, widget } from "./nodes.mjs";

const OUTPUT = 2; // LiteGraph.OUTPUT

/**
 * Switch it on with the first link of `frames` and off with the last; between those the user's own choice stands, and a loaded workflow as well.
 * @param {import("./nodes.mjs").Node} node
 */
export function followFrames(node) {
  const before = node.onConnectionsChange;
  let taken = isTaken(node);
  node.onConnectionsChange = function (/** @type {any[]} */ ...event) {
    before?.apply(this, event);
    if (event[0] !== OUTPUT) return;
    const loading = app.configuringGraph;
    // A link that is replaced goes and comes within one turn; what is left after it counts.
    queueMicrotask(() => {
      const now = isTaken(node);
      if (now !== taken && !loading) set(node, now);
      taken = now;
    });
  };
}

/** @param {import("./nodes.mjs").Node} node */
function isTaken(node) {
  const place = node.findOutputSlot("frames");
  return place >= 0 && node.isOutputConnected(place);
}

/** @param {import("./nodes.mjs").Node} node @param {boolean} value */
function set(node, value) {
  const decode = widget(node, "decode_frames");
  if (!decode || isLinked(node, "decode_frames") || decode.value === value) return;
  decode.value = value;
  decode.callback?.(value);
  node.setDirtyCanvas?.(true, true);
}
