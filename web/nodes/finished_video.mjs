/** The video of a finished task on its node again, after the page was loaded again. */
import { api, app } from "../ui/comfyui.mjs";

/**
 * Show a video on a node as ComfyUI does after a Run.
 * @param {string} nodeId as ComfyUI runs it: "3", or "5:12" inside a subgraph
 * @param {{filename: string, subfolder: string, type: string}} video
 */
export function showVideo(nodeId, video) {
  const [page, events] = /** @type {any[]} */ ([app, api]);
  if (page.nodeOutputs?.[nodeId]) return; // it shows one
  const output = { images: [video], animated: [true] };
  const detail = { node: nodeId, display_node: nodeId, prompt_id: "", output };
  events.dispatchEvent(new CustomEvent("executed", { detail })); // Nodes 2.0 takes it from here
  page.nodeOutputs = { ...page.nodeOutputs, [nodeId]: output }; // the canvas
  page.canvas?.setDirty(true, true);
}
