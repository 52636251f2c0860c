/** The prompt boxes keep a readable height when a panel or a video takes its place on the node. */
import { widget } from "./our_nodes.mjs";

const MIN_HEIGHT = 90; // in the graph's units: about four lines

/** @param {import("./our_nodes.mjs").Node} node */
export function keepPromptsReadable(node) {
  for (const name of ["prompt", "negative_prompt"]) {
    const options = widget(node, name)?.options;
    if (options) options.getMinHeight = () => MIN_HEIGHT; // of the canvas; Nodes 2.0 has its own
  }
}
