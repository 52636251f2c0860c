/** `decode_frames` follows the links of `frames`: unused frames would cost gigabytes of memory. */
import { app } from "../ui/comfyui.mjs";
import { isLinked, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

const OUTPUT = 2; // LiteGraph.OUTPUT

/**
 * Turn `decode_frames` on with the first link of `frames` and off with the last; it is off on a new
 * node, and on a pasted one without a link. In between the user's own choice stays, and so does the
 * value of a loaded workflow.
 * @param {Node} node
 */
export function followFrames(node) {
  followLinks(node);
  setDecodeFrames(node, false); // a loaded or pasted node gets its own value after this
  const previous = node.onConfigure;
  node.onConfigure = function (/** @type {any[]} */ ...event) {
    previous?.apply(this, event);
    if (app.configuringGraph) return;
    queueMicrotask(() => hasFramesLink(node) || setDecodeFrames(node, false)); // links come last
  };
}

/** @param {Node} node */
function followLinks(node) {
  const previous = node.onConnectionsChange;
  let wasLinked = hasFramesLink(node);
  node.onConnectionsChange = function (/** @type {any[]} */ ...event) {
    previous?.apply(this, event);
    if (event[0] !== OUTPUT) return;
    const loading = app.configuringGraph;
    // Replacing a link removes and adds one in the same turn; the state after both counts.
    queueMicrotask(() => {
      const linked = hasFramesLink(node);
      if (linked !== wasLinked && !loading) setDecodeFrames(node, linked);
      wasLinked = linked;
    });
  };
}

/** @param {Node} node */
function hasFramesLink(node) {
  const slot = node.findOutputSlot("frames");
  return slot >= 0 && node.isOutputConnected(slot);
}

/** @param {Node} node @param {boolean} value */
function setDecodeFrames(node, value) {
  const decodeFrames = widget(node, "decode_frames");
  if (!decodeFrames || isLinked(node, "decode_frames") || decodeFrames.value === value) return;
  decodeFrames.value = value;
  decodeFrames.callback?.(value);
  node.setDirtyCanvas?.(true, true);
}
