/** The cost of a Run: the videos that it buys, and the server's estimate for them. */
import { priceText } from "../ui/format.mjs";
import { text } from "../ui/texts.mjs";
import { buys, isLinked, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {{resolution: string, duration: number}} Video */
/**
 * @typedef {object} Cost the response of /wan27/cost
 * @property {"no_key" | "settings" | null} problem
 * @property {string | null} host
 * @property {string | null} price
 */

const SUBGRAPH_INPUT = "-10"; // LiteGraph's id of the origin of links into a subgraph
const MUTED = 2; // LiteGraph's modes of a node
const BYPASSED = 4;
const DEBOUNCE_MILLISECONDS = 250;

/**
 * Return the videos that a Run of this node buys; for a subgraph, those of all nodes inside.
 * @param {Node} node
 * @param {Node[]} [outside] the subgraphs around it, outermost first
 * @returns {(Video | null)[]} null for a node whose values come from other nodes
 */
export function videosOf(node, outside = []) {
  if (node.mode === MUTED || node.mode === BYPASSED) return [];
  if (node.subgraph) {
    const around = [...outside, node];
    return node.subgraph.nodes.flatMap((/** @type {Node} */ inner) => videosOf(inner, around));
  }
  return buys(node) ? [videoOf(node, outside)] : [];
}

/** @param {Node} node @param {Node[]} outside @returns {Video | null} */
function videoOf(node, outside) {
  const resolution = valueOf(node, "resolution", outside);
  const duration = valueOf(node, "duration", outside);
  return resolution && duration ? { resolution, duration } : null;
}

/**
 * Return the value of a widget, which a subgraph around the node may have as its own widget.
 * @param {Node} node
 * @param {string} name
 * @param {Node[]} outside the subgraphs around it, outermost first
 * @returns {any} undefined if it comes from another node
 */
function valueOf(node, name, outside) {
  if (!isLinked(node, name)) return widget(node, name)?.value;
  const link = node.getInputLink(node.findInputSlot(name));
  const subgraph = outside.at(-1);
  if (!link || !subgraph || String(link.origin_id) !== SUBGRAPH_INPUT) return undefined;
  return valueOf(subgraph, subgraph.inputs[link.origin_slot].name, outside.slice(0, -1));
}

/** Cost texts for the badges. Each question is sent once, after the user stopped dragging. */
export class Costs {
  /** @type {Map<string, string>} texts by query string; empty while unknown */
  #texts = new Map();
  /** @type {Set<string>} */
  #pending = new Set();
  #generation = 0;

  /**
   * @param {(query: string) => Promise<Cost>} fetchCost
   * @param {() => void} onChange called when texts have changed
   * @param {(act: () => void, milliseconds: number) => unknown} later
   */
  constructor(fetchCost, onChange, later = (act, milliseconds) => setTimeout(act, milliseconds)) {
    this.fetchCost = fetchCost;
    this.onChange = onChange;
    this.later = later;
  }

  /**
   * Return the text for these videos together; if unknown, return "" and call `onChange` later.
   * @param {Video[]} videos
   */
  of(videos) {
    const pairs = videos.map(({ resolution, duration }) => ["video", `${resolution} ${duration}`]);
    const query = new URLSearchParams(pairs).toString();
    const known = this.#texts.get(query);
    if (known === undefined) this.#request(query);
    return known ?? "";
  }

  /** Forget every text: the settings or the language changed. */
  clear() {
    this.#texts.clear();
    this.#generation++;
    this.onChange();
  }

  /** @param {string} query */
  #request(query) {
    this.#texts.set(query, "");
    this.#pending.add(query);
    if (this.#pending.size === 1) this.later(() => this.#fetch(), DEBOUNCE_MILLISECONDS);
  }

  async #fetch() {
    const generation = this.#generation;
    const queries = [...this.#pending];
    this.#pending.clear();
    const costs = queries.map((query) => this.fetchCost(query).then(costText, () => ""));
    const texts = await Promise.all(costs);
    if (generation !== this.#generation) return; // the settings changed in the meantime
    queries.forEach((query, index) => this.#texts.set(query, texts[index]));
    this.onChange();
  }
}

/** @param {Cost} cost */
function costText({ problem, host, price }) {
  return problem ? text(`badge_${problem}`) : `${priceText(price)} · ${host}`;
}
