/** What a Run would cost, as the server says it: this page knows no prices. */
import { priceText } from "./prices.mjs";
import { text } from "./texts.mjs";

/** @typedef {{problem: "no_key" | "settings" | null, host: string | null, price: string | null}} Cost what /wan27/cost answers */

const QUIET_MILLISECONDS = 250;

/** The lines for the badges: asked for once, and only after the user has stopped dragging. */
export class Costs {
  /** @type {Map<string, string>} what the server said, by question; empty while unknown */
  #known = new Map();
  /** @type {Set<string>} */
  #wanted = new Set();
  #round = 0;

  /**
   * @param {(question: string) => Promise<Cost>} ask sends a query string
   * @param {() => void} changed is called after answers came
   * @param {(act: () => void, milliseconds: number) => unknown} later
   */
  constructor(ask, changed, later = (act, milliseconds) => setTimeout(act, milliseconds)) {
    this.ask = ask;
    this.changed = changed;
    this.later = later;
  }

  /**
   * The line for these videos together as far as it is known; empty otherwise, and then `changed` follows.
   * @param {import("./videos.mjs").Video[]} videos
   */
  of(videos) {
    const question = new URLSearchParams(videos.map(({ resolution, duration }) => ["video", `${resolution} ${duration}`])).toString();
    const said = this.#known.get(question);
    if (said === undefined) this.#want(question);
    return said ?? "";
  }

  /** The settings changed, so every line may be another. */
  forget() {
    this.#known.clear();
    this.#round++;
    this.changed();
  }

  /** @param {string} question */
  #want(question) {
    this.#known.set(question, "");
    this.#wanted.add(question);
    if (this.#wanted.size === 1) this.later(() => this.#fetch(), QUIET_MILLISECONDS);
  }

  async #fetch() {
    const round = this.#round;
    const questions = [...this.#wanted];
    this.#wanted.clear();
    const lines = await Promise.all(questions.map((question) => this.ask(question).then(line, () => "")));
    if (round !== this.#round) return; // an answer from before the settings changed
    questions.forEach((question, place) => this.#known.set(question, lines[place]));
    this.changed();
  }
}

/** @param {Cost} cost */
function line({ problem, host, price }) {
  return problem ? text(`badge_${problem}`) : `${priceText(price)} · ${host}`;
}
