/** Without a key nothing can run: said once, where it can be changed. The badge on the node goes on saying it quietly. */
import { offer } from "./notices.mjs";
import { get } from "./server.mjs";
import { openSettings, simulate } from "./settings_dialog.mjs";
import { text } from "./texts.mjs";
import { ourNodes } from "./workflow.mjs";

const SAID = "wan27.hinted";
let asked = false;

/** Call it whenever a workflow was opened or a node of ours was added; it speaks once per browser, and only where one of our nodes is there. */
export async function hint() {
  if (asked || localStorage.getItem(SAID) || !ourNodes().length) return;
  asked = true;
  const state = await get("/wan27/settings").catch(() => null); // a server that does not answer has other troubles
  if (!state || state.host || state.keys.some((/** @type {{set: boolean}} */ key) => key.set)) return;
  localStorage.setItem(SAID, "yes");
  offer(text("no_key"), [
    { label: text("try_simulator"), act: simulate },
    { label: text("open_settings"), act: openSettings },
  ]);
}
