/** The prompt boxes: a readable height beside a panel or a video, and their translated label. */
import { widget } from "./our_nodes.mjs";

const MIN_HEIGHT = 90; // in the graph's units: about four lines

/** @param {import("./our_nodes.mjs").Node} node */
export function keepPromptsReadable(node) {
  for (const name of ["prompt", "negative_prompt"]) {
    const found = widget(node, name);
    // Both for the canvas, where an empty box has its name in it; Nodes 2.0 has its own.
    if (found?.options) found.options.getMinHeight = () => MIN_HEIGHT;
    if (found?.element) found.element.placeholder = found.label ?? name;
  }
  node.expandToFitContent?.(); // a new node; ComfyUI would make it higher when it opens it again
}
