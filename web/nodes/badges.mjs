/**
 * Badges on a node: the cost of a Run, what buys more, and the progress inside a subgraph. The
 * badge that names a problem of the settings opens them.
 */
import { openSettings } from "../settings/settings_dialog.mjs";
import { app } from "../ui/comfyui.mjs";
import { text } from "../ui/texts.mjs";
import { videosOf } from "./cost.mjs";
import { progressInside } from "./inside_status.mjs";
import { buysPerItem } from "./list_inputs.mjs";
import { buysEachTime } from "./moving_values.mjs";
import { buys } from "./our_nodes.mjs";
import { trackRedraws } from "./redraw.mjs";

/** @typedef {import("./our_nodes.mjs").Node} Node */
/** @typedef {import("./cost.mjs").Costs} Costs */

const WARNING = { fgColor: "#1b1b1b", bgColor: "#f2c14e" };
const PLAIN = { fgColor: "#e8e8e8", bgColor: "#2b2b2b" };

/** @param {Node} node @param {Costs} costs */
export function addBadges(node, costs) {
  const isSubgraph = Boolean(node.isSubgraphNode?.());
  if (!isSubgraph && !buys(node)) return;
  node.badges.push(
    badge(() => costBadge(node, costs), PLAIN, () => clickOnCost(node, costs)),
    badge(() => warningBadge(node), WARNING),
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

/** Return what makes a Run buy more than one might think, "" for nothing. @param {Node} node */
function warningBadge(node) {
  const { queueSettings } = /** @type {any} */ (app.extensionManager);
  if (queueSettings?.mode === "change" && videosOf(node).length) return text("each_change");
  return buysEachTime(node) ? text("new_video") : "";
}
