/** The workflow that is open in the editor, and the nodes in it. */
import { app } from "./comfyui.mjs";
import { isOurs } from "./nodes.mjs";

/** @typedef {import("./nodes.mjs").Node} Node */

/** The open workflow, whichever of its subgraphs is in sight. @returns {any} */
function rootGraph() {
  return /** @type {any} */ (app).rootGraph ?? app.graph;
}

/** @returns {string} what tells the open workflow from others */
export function workflowId() {
  return String(rootGraph()?.id ?? "");
}

/** @param {string} id of a node as ComfyUI runs it: "3", or "5:12" within a subgraph @returns {Node} undefined where the open workflow has none */
export function nodeAt(id) {
  const [first, ...inside] = String(id).split(":");
  return inside.reduce((node, each) => node?.subgraph?.getNodeById(each), rootGraph()?.getNodeById(first));
}

/** Every node of ours in the open workflow, those inside subgraphs too. */
export function ourNodes() {
  const root = rootGraph();
  const graphs = root ? [root, ...(root.subgraphs?.values() ?? [])] : [];
  return graphs.flatMap((graph) => graph.nodes).filter(isOurs);
}
