/**
 * The browser's storage, for small things that may be forgotten.
 *
 * A browser may forbid it to the page, which makes even naming it raise, and it may be full. Then
 * what is stored lasts as long as the page.
 */

class PageStorage {
  /** @type {Map<string, string>} what was stored by this page */
  #values = new Map();

  /** @param {() => Pick<Storage, "getItem" | "setItem">} open */
  constructor(open) {
    this.open = open;
  }

  /** @param {string} key @returns {string | null} */
  getItem(key) {
    const value = this.#values.get(key);
    if (value !== undefined) return value;
    try {
      return this.open().getItem(key);
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#values.set(key, value);
    try {
      this.open().setItem(key, value);
    } catch (error) {
      console.warn("Wan 2.7: the browser stores nothing for this page.", error);
    }
  }
}

/** Lasts until the tab is closed. */
export const tabStorage = new PageStorage(() => sessionStorage);

/** Lasts until the user deletes it. */
export const browserStorage = new PageStorage(() => localStorage);
