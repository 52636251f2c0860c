/** Free space in a graph for nodes that the page adds. */

/** @typedef {[x: number, y: number, width: number, height: number]} Rect in the graph's units */

export const GAP = 60; // between nodes; the canvas draws a title and badges above each

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
