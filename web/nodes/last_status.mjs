/**
 * The last status of each node. A run takes minutes and the user may open another workflow
 * meanwhile, so it is kept until its workflow is open again.
 */
import { nodeWithId, workflowId } from "./workflow.mjs";

/** @typedef {{node_id: string, workflow_id: string | null}} NodeRef */
/**
 * @typedef {object} Shown
 * @property {string} line
 * @property {import("./panel.mjs").Tone} tone
 * @property {string} phase short, or "", for the subgraphs around the node
 * @property {NodeError} [error]
 */
/** @typedef {import("./remedies.mjs").Remedy & {message: string, pages?: string[]}} NodeError */

/** @type {Map<string, Shown>} by the node's key; the newest at the end */
export const lastStatus = new Map();

/** Return a key for one node of one workflow. @param {NodeRef} ref @returns {string} */
export function keyOf({ node_id: node, workflow_id: workflow }) {
  return `${workflow} ${node}`;
}

/** Return the id of the node. @param {string} key */
export function idIn(key) {
  return key.slice(key.lastIndexOf(" ") + 1);
}

/** Return the node, if its workflow is open; otherwise undefined. @param {string} key */
export function nodeFor(key) {
  const id = idIn(key);
  return key === `${workflowId()} ${id}` ? nodeWithId(id) : undefined;
}
