/** Badges on a node, in both renderers: what a Run costs, and that each Run will cost it anew. */
import { buys, isLinked, widget } from "./nodes.mjs";
import { watch } from "./redraw.mjs";
import { text } from "./texts.mjs";

const WARNING = { fgColor: "#1b1b1b", bgColor: "#f2c14e" };
const PLAIN = { fgColor: "#e8e8e8", bgColor: "#2b2b2b" };

/**
 * @param {import("./nodes.mjs").Node} node
 * @param {import("./cost.mjs").Costs} costs
 */
export function addBadges(node, costs) {
  if (!buys(node)) return;
  // As functions, which both renderers ask again when a widget that they read has changed.
  node.badges.push(badge(() => cost(node, costs), PLAIN), badge(() => warning(node), WARNING));
}

/** @param {() => string} say empty: no badge @param {{fgColor: string, bgColor: string}} colours */
function badge(say, colours) {
  return () => new window.LGraphBadge({ text: say(), ...colours });
}

/** @param {import("./nodes.mjs").Node} node @param {import("./cost.mjs").Costs} costs */
function cost(node, costs) {
  watch();
  if (isLinked(node, "resolution") || isLinked(node, "duration")) return "";
  const [resolution, duration] = [widget(node, "resolution")?.value, widget(node, "duration")?.value];
  return resolution && duration ? costs.of(resolution, duration) : "";
}

/** @param {import("./nodes.mjs").Node} node a seed that changes by itself is a new request at each Run */
function warning(node) {
  // Its name differs between frontends; that it is linked to the seed does not.
  const control = widget(node, "seed")?.linkedWidgets?.[0]?.value;
  return !control || control === "fixed" || isLinked(node, "seed") ? "" : text("new_video");
}
