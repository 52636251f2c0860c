/** The workflow that is open in the editor: finding nodes in it. */
import { app } from "../ui/comfyui.mjs";
import { isOurs } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */

/** Return the open workflow, whichever of its subgraphs the user looks at. @returns {any} */
function rootGraph() {
  return /** @type {any} */ (app).rootGraph ?? app.graph;
}

/** Return the id of the open workflow; "" if it has none. */
export function workflowId() {
  return String(rootGraph()?.id ?? "");
}

/**
 * Find a node of the open workflow.
 * @param {string} id as ComfyUI runs it: "3", or "5:12" inside a subgraph
 * @returns {Node} undefined if there is none
 */
export function nodeWithId(id) {
  const [first, ...inner] = String(id).split(":");
  const outermost = rootGraph()?.getNodeById(first);
  return inner.reduce((node, each) => node?.subgraph?.getNodeById(each), outermost);
}

/** Return every node of ours in the open workflow, including those inside subgraphs. */
export function ourNodes() {
  const root = rootGraph();
  const graphs = root ? [root, ...(root.subgraphs?.values() ?? [])] : [];
  return graphs.flatMap((graph) => graph.nodes).filter(isOurs);
}
