/**
 * What a new user meets: without a key no node can run. Each node of ours says so, with the two
 * ways to begin, and so does a card, once per browser.
 */
import { canSimulate, loadSettings, simulate } from "../settings/settings.mjs";
import { openSettings } from "../settings/settings_dialog.mjs";
import { removeCards, showCard } from "../ui/notices.mjs";
import { browserStorage } from "../ui/storage.mjs";
import { text } from "../ui/texts.mjs";
import { showHint } from "./panel.mjs";
import { ourNodes } from "./workflow.mjs";

/** @typedef {{label: string, act: () => unknown}} Action */

const SHOWN_KEY = "wan27.hinted";
const ABOUT = "no key";

/** @type {import("../settings/settings.mjs").State | null} null: not yet loaded */
let state = null;

/** Load the settings and show what they mean. @returns {Promise<boolean>} false without a key */
export async function lookForKey() {
  state = await loadSettings().catch(() => state); // no server: as before
  showOnboarding();
  return Boolean(state?.host);
}

/** Show it on the nodes there are. Call it after a workflow was opened or a node was added. */
export function showOnboarding() {
  const nodes = ourNodes();
  const isNeeded = needsKey();
  for (const node of nodes) showHint(node, isNeeded ? text("no_key") : "", keyActions());
  if (!isNeeded) return removeCards(ABOUT);
  if (!nodes.length || browserStorage.getItem(SHOWN_KEY)) return;
  browserStorage.setItem(SHOWN_KEY, "yes");
  showCard(text("no_key"), keyActions(), "hint", ABOUT);
}

/** The two ways to begin; one where the environment chose the host. @returns {Action[]} */
export function keyActions() {
  const simulator = { label: text("try_simulator"), act: simulate };
  return [
    ...(state && canSimulate(state) ? [simulator] : []),
    { label: text("add_key"), act: () => openSettings({ atKey: true }) },
  ];
}

/** Return true if it is known that nothing can run for want of a key. */
function needsKey() {
  return Boolean(state && !state.host && !state.problem);
}
