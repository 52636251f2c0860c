/** A card for new users: without a key no node can run. The badge on the node stays after it. */
import { simulate } from "../settings/settings.mjs";
import { openSettings } from "../settings/settings_dialog.mjs";
import { showCard } from "../ui/notices.mjs";
import { get } from "../ui/server.mjs";
import { browserStorage } from "../ui/storage.mjs";
import { text } from "../ui/texts.mjs";
import { ourNodes } from "./workflow.mjs";

const SHOWN_KEY = "wan27.hinted";
let checked = false;

/**
 * Show the card if the workflow has a node of ours and no key is set; once per browser. Call it
 * after a workflow was opened or a node was added.
 */
export async function offerOnboarding() {
  if (checked || browserStorage.getItem(SHOWN_KEY) || !ourNodes().length) return;
  checked = true;
  const state = await get("/wan27/settings").catch(() => null); // no server: nothing to offer
  if (!state || state.host) return;
  if (state.keys.some((/** @type {{set: boolean}} */ key) => key.set)) return;
  browserStorage.setItem(SHOWN_KEY, "yes");
  showCard(text("no_key"), [
    { label: text("try_simulator"), act: simulate },
    { label: text("open_settings"), act: openSettings },
  ]);
}
