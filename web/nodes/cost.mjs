/** The cost of a Run: the videos that it buys, and the server's estimate for them. */
import { hostText, priceText } from "../ui/format.mjs";
import { text } from "../ui/texts.mjs";
import { SUBGRAPH_INPUT } from "./upstream.mjs";
import { buys, inputLink, isActive, isLinked, widget } from "./our_nodes.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {{resolution: string, duration: number}} Video */
/**
 * @typedef {object} Cost the response of /wan27/cost
 * @property {"no_key" | "settings" | null} problem
 * @property {string | null} host
 * @property {string | null} price
 */

const DEBOUNCE_MILLISECONDS = 250;

/**
 * Return the videos that a Run of this node buys; for a subgraph, those of all nodes inside.
 * @param {Node} node
 * @param {Node[]} [outside] the subgraphs around it, outermost first
 * @returns {(Video | null)[]} null for a node whose values come from other nodes
 */
export function videosOf(node, outside = []) {
  if (!isActive(node)) return [];
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
  const link = inputLink(node, node.findInputSlot(name));
  const subgraph = outside.at(-1);
  if (!link || !subgraph || String(link.origin_id) !== SUBGRAPH_INPUT) return undefined;
  return valueOf(subgraph, subgraph.inputs[link.origin_slot].name, outside.slice(0, -1));
}

/** Cost texts for the badges. Each question is sent once, after the user stopped dragging. */
export class Costs {
  /** @type {Map<string, Cost | null>} by query string; null while unknown */
  #costs = new Map();
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
   * @param {boolean} [perItem] they are bought for each item of a list
   */
  of(videos, perItem = false) {
    const query = queryOf(videos);
    const known = this.#costs.get(query);
    if (known === undefined) this.#request(query);
    if (!known) return "";
    return costText(known, perItem ? (videos.length > 1 ? "per_item" : "per_video") : null);
  }

  /** Return why these videos have no cost, once that is known. @param {Video[]} videos */
  problemOf(videos) {
    return this.#costs.get(queryOf(videos))?.problem ?? null;
  }

  /** Forget every cost: the settings or the language changed. */
  clear() {
    this.#costs.clear();
    this.#generation++;
    this.onChange();
  }

  /** @param {string} query */
  #request(query) {
    this.#costs.set(query, null);
    this.#pending.add(query);
    if (this.#pending.size === 1) this.later(() => this.#fetch(), DEBOUNCE_MILLISECONDS);
  }

  async #fetch() {
    const generation = this.#generation;
    const queries = [...this.#pending];
    this.#pending.clear();
    const costs = await Promise.all(
      queries.map((query) => this.fetchCost(query).catch(() => null)),
    );
    if (generation !== this.#generation) return; // the settings changed in the meantime
    queries.forEach((query, index) => this.#costs.set(query, costs[index]));
    this.onChange();
  }
}

/** @param {Video[]} videos */
function queryOf(videos) {
  const pairs = videos.map(({ resolution, duration }) => ["video", `${resolution} ${duration}`]);
  return new URLSearchParams(pairs).toString();
}

/** @param {Cost} cost @param {"per_video" | "per_item" | null} unit */
function costText({ problem, host, price }, unit) {
  if (problem) return text(`badge_${problem}`);
  const cost = priceText(price);
  return `${unit && price ? text(unit, { cost }) : cost} · ${hostText(host ?? "")}`;
}
