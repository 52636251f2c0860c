/** One player for a video: the node's own, or that of the node which shows its `video` output. */
import { app } from "../ui/comfyui.mjs";
import { isActive, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/**
 * Hide the node's own player while another node, such as Save Video, shows the same video.
 * @param {Node} node
 */
export function avoidSecondPlayer(node) {
  const draw = node.onDrawBackground; // the canvas adds its player there
  let height = 0; // of the viewer
  node.onDrawBackground = function (/** @type {any[]} */ ...event) {
    const viewer = viewerOf(node);
    if (!viewer) draw?.apply(this, event);
    // ComfyUI's canvas leaves a node that grew around its player in its old box.
    else if (height !== viewer.size[1]) app.canvas?.setDirty(true, true);
    height = viewer?.size[1] ?? 0;
  };
  node.previewMediaType = "video"; // for a subgraph that shows the preview
  // Nodes 2.0 asks this.
  Object.defineProperty(node, "hideOutputImages", { get: () => Boolean(viewerOf(node)) });
}

/**
 * Save the node without the height of the canvas's player: a page that opens the workflow has none,
 * and the prompts would grow into its place.
 * @param {Node} node
 */
export function saveWithoutPlayer(node) {
  const previous = node.onSerialize;
  node.onSerialize = function (/** @type {any} */ saved) {
    previous?.call(this, saved);
    const height = widget(node, "video-preview")?.computedHeight ?? 0;
    saved.size = [saved.size[0], saved.size[1] - height];
  };
}

/**
 * Return the node that shows the node's `video` output: an output node, which runs with it.
 * @param {Node} node
 * @returns {Node | undefined}
 */
export function viewerOf(node) {
  const slot = node.findOutputSlot("video");
  if (slot < 0 || !node.graph) return undefined; // a workflow is being closed
  const targets = node.getOutputNodes(slot) ?? [];
  return targets.find(
    (/** @type {Node} */ other) => other.constructor?.nodeData?.output_node && isActive(other),
  );
}
