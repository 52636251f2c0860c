/** Free space in a graph for nodes that the page adds. */
import { buys, PANEL, widget } from "./our_nodes.mjs";

/** @typedef {[x: number, y: number, width: number, height: number]} Rect in the graph's units */

export const GAP = 60; // between nodes; the canvas draws a title and badges above each
const VIDEO_HEIGHT = 520; // of a node once it shows a square video
const PANEL_HEIGHT = 120; // of a panel with an error and its buttons
const SHOW_VIDEOS = ["Wan27TaskPoll", "SaveVideo"];

/**
 * Return the height that a node needs once it has run.
 * @param {import("./our_nodes.mjs").Node} node
 */
export function heightAfterRun(node) {
  const [, height] = node.size;
  if (SHOW_VIDEOS.includes(node.type)) return Math.max(height, VIDEO_HEIGHT);
  return buys(node) && !widget(node, PANEL) ? height + PANEL_HEIGHT : height;
}

/**
 * Return the wanted rectangle, moved down until it is clear of the others.
 * @param {Rect[]} taken
 * @param {Rect} wanted
 * @returns {Rect}
 */
export function freeSpace(taken, [x, y, width, height]) {
  let top = y;
  // From the top down, so that one pass is enough: what was passed is above.
  for (const [left, upper, w, h] of [...taken].sort((a, b) => a[1] - b[1])) {
    const beside = left >= x + width + GAP || left + w + GAP <= x;
    if (!beside && upper < top + height + GAP && upper + h + GAP > top) top = upper + h + GAP;
  }
  return [x, top, width, height];
}
