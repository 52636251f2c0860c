/** Badges on a node, in both renderers: what a Run costs, that each Run will cost it anew, and on a subgraph how far the work within it is. */
import { progressWithin } from "./life.mjs";
import { buys, isLinked, widget } from "./nodes.mjs";
import { watch } from "./redraw.mjs";
import { text } from "./texts.mjs";
import { videosOf } from "./videos.mjs";

const WARNING = { fgColor: "#1b1b1b", bgColor: "#f2c14e" };
const PLAIN = { fgColor: "#e8e8e8", bgColor: "#2b2b2b" };

/**
 * @param {import("./nodes.mjs").Node} node
 * @param {import("./cost.mjs").Costs} costs
 */
export function addBadges(node, costs) {
  const isSubgraph = Boolean(node.isSubgraphNode?.());
  if (!isSubgraph && !buys(node)) return;
  // As functions, which both renderers ask again when a widget that they read has changed.
  node.badges.push(badge(() => cost(node, costs), PLAIN), badge(() => (changes(node) ? text("new_video") : ""), WARNING));
  if (isSubgraph) node.badges.push(badge(() => progress(node), PLAIN));
}

/** @param {() => string} say empty: no badge @param {{fgColor: string, bgColor: string}} colours */
function badge(say, colours) {
  return () => new window.LGraphBadge({ text: say(), ...colours });
}

/** @param {import("./nodes.mjs").Node} node @param {import("./cost.mjs").Costs} costs */
function cost(node, costs) {
  watch();
  const videos = videosOf(node);
  return videos.length && videos.every((video) => video !== null) ? costs.of(videos) : "";
}

/** @param {import("./nodes.mjs").Node} node */
function progress(node) {
  watch();
  return progressWithin(node);
}

/** @param {import("./nodes.mjs").Node} node @returns {boolean} whether a seed changes by itself, which is a new request at each Run */
function changes(node) {
  if (node.subgraph) return node.subgraph.nodes.some(changes);
  if (!buys(node) || isLinked(node, "seed")) return false;
  // Its name differs between frontends; that it is linked to the seed does not.
  const control = widget(node, "seed")?.linkedWidgets?.[0]?.value;
  return Boolean(control) && control !== "fixed";
}
