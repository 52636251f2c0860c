/** The video of a finished task on its node again, after the page was loaded again. */
import { api, app } from "../ui/comfyui.mjs";
import { viewerOf } from "./video_player.mjs";
import { nodeWithId } from "./workflow.mjs";

/**
 * Show a node's video, on it or on the node that shows its output, as ComfyUI does after a Run.
 * @param {string} nodeId as ComfyUI runs it: "3", or "5:12" inside a subgraph
 * @param {{filename: string, subfolder: string, type: string}} video
 */
export function showVideo(nodeId, video) {
  const viewer = viewerOf(nodeWithId(nodeId));
  showOutput(viewer ? nodeId.replace(/[^:]*$/, String(viewer.id)) : nodeId, video);
}

/** @param {string} nodeId @param {object} video */
function showOutput(nodeId, video) {
  const [page, events] = /** @type {any[]} */ ([app, api]);
  if (page.nodeOutputs?.[nodeId]) return; // it shows one
  const output = { images: [video], animated: [true] };
  const detail = { node: nodeId, display_node: nodeId, prompt_id: "", output };
  events.dispatchEvent(new CustomEvent("executed", { detail })); // Nodes 2.0 takes it from here
  page.nodeOutputs = { ...page.nodeOutputs, [nodeId]: output }; // the canvas
  page.canvas?.setDirty(true, true);
}
