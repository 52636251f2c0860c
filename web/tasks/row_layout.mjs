/** Where the rows of the list are: they have different heights, and most are no elements. */

export class RowLayout {
  /** @type {number[]} the top of each row in pixels, and the bottom of the last one */
  #edges = [0];

  /** @param {number[]} heights of the rows in pixels */
  constructor(heights) {
    for (const height of heights) this.#edges.push(this.height + height);
  }

  /** The height of all rows together. */
  get height() {
    return this.#edges[this.#edges.length - 1];
  }

  /** @param {number} index */
  top(index) {
    return this.#edges[index] ?? this.height;
  }

  /** Return the index of the row at a height; the last one below the end. @param {number} y */
  indexAt(y) {
    let [low, high] = [0, Math.max(0, this.#edges.length - 2)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#edges[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
