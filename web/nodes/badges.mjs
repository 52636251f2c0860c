/**
 * Badges on a node: the cost of a Run, a changing seed, and the progress inside a subgraph. The
 * badge that names a problem of the settings opens them.
 */
import { openSettings } from "../settings/settings_dialog.mjs";
import { text } from "../ui/texts.mjs";
import { videosOf } from "./cost.mjs";
import { progressInside } from "./inside_status.mjs";
import { buysPerItem } from "./list_inputs.mjs";
import { buys, isLinked, widget } from "./our_nodes.mjs";
import { trackRedraws } from "./redraw.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./cost.mjs").Costs} Costs */

const WARNING = { fgColor: "#1b1b1b", bgColor: "#f2c14e" };
const PLAIN = { fgColor: "#e8e8e8", bgColor: "#2b2b2b" };

/** @param {Node} node @param {Costs} costs */
export function addBadges(node, costs) {
  const isSubgraph = Boolean(node.isSubgraphNode?.());
  if (!isSubgraph && !buys(node)) return;
  const seedWarning = () => (seedChanges(node) ? text("new_video") : "");
  node.badges.push(
    badge(() => costBadge(node, costs), PLAIN, () => clickOnCost(node, costs)),
    badge(seedWarning, WARNING),
  );
  if (isSubgraph) node.badges.push(badge(() => progressBadge(node), PLAIN));
}

/**
 * Return a badge as a function: both renderers call it again when a widget that it read changed.
 * It is one object, in which the canvas keeps where it drew it.
 * @param {() => string} textOf empty: no badge
 * @param {{fgColor: string, bgColor: string}} colors
 * @param {() => ((() => void) | undefined)} clickOf undefined: it cannot be clicked
 */
function badge(textOf, colors, clickOf = () => undefined) {
  const made = /** @type {any} */ (new window.LGraphBadge({ text: "", ...colors }));
  return () => Object.assign(made, { text: textOf(), onClick: clickOf() });
}

/** @param {Node} node @param {Costs} costs */
function costBadge(node, costs) {
  trackRedraws();
  const videos = knownVideos(node);
  return videos.length ? costs.of(videos, buysPerItem(node)) : "";
}

/** @param {Node} node @param {Costs} costs */
function clickOnCost(node, costs) {
  const problem = costs.problemOf(knownVideos(node));
  return problem ? () => openSettings({ atKey: problem === "no_key" }) : undefined;
}

/** Return the videos of a Run; none if one is unknown. @param {Node} node */
function knownVideos(node) {
  const videos = videosOf(node);
  return videos.includes(null) ? [] : /** @type {import("./cost.mjs").Video[]} */ (videos);
}

/** @param {Node} node */
function progressBadge(node) {
  trackRedraws();
  return progressInside(node);
}

/**
 * Return true if ComfyUI changes a seed after each Run, so that each Run is a new request.
 * @param {Node} node
 * @returns {boolean}
 */
function seedChanges(node) {
  if (node.subgraph) return node.subgraph.nodes.some(seedChanges);
  if (!buys(node) || isLinked(node, "seed")) return false;
  // Frontends name this widget differently; all of them link it to the seed.
  const control = widget(node, "seed")?.linkedWidgets?.[0]?.value;
  return Boolean(control) && control !== "fixed";
}
