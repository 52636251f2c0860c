/** What helps after an error: the buttons of its card and of its node. */
import { switchOn } from "../settings/settings.mjs";
import { openSettings } from "../settings/settings_dialog.mjs";
import { isSafe } from "../ui/elements.mjs";
import { openSidebarTab } from "../ui/sidebar.mjs";
import { knownText, text } from "../ui/texts.mjs";
import { addTaskPoll } from "./add_task_poll.mjs";
import { actOnEntry, SERVER_ACTIONS } from "./decisions.mjs";
import { keyActions } from "./onboarding.mjs";

/** @typedef {import("./panel.mjs").Action} Action */
/**
 * @typedef {object} Remedy what helps after an error
 * @property {string | null} action
 * @property {string | null} switch the setting that the action "switch" switches on
 * @property {string | null} setting that the action "settings" leads to
 * @property {string | null} url of the action "top_up"
 * @property {string | null} task_id
 * @property {import("./decisions.mjs").EntryRef | null} entry that a person must decide about
 * @property {string | null} [state] of that entry
 * @property {string[]} actions that decide about it
 * @property {string | null} host
 * @property {string | null} billing address of the host's page of charges
 */

/**
 * Return the buttons that help after an error.
 * @param {Remedy} remedy
 * @param {() => void} settle called once one of them has solved it
 * @returns {Action[]}
 */
export function remedies(remedy, settle) {
  const { action, url, task_id, setting, switch: name } = remedy;
  if (remedy.entry) return decisions(remedy, remedy.entry, settle);
  if (action === "key") return keyActions();
  if (action === "switch" && name) {
    return [solution(knownText(`${name}_do`) ?? name, () => switchOn(name), settle)];
  }
  if (action === "settings" || action === "replace_key") {
    const place = action === "settings" ? { at: setting } : { atKey: true };
    return [{ label: text("open_settings"), act: () => openSettings(place) }];
  }
  if (action === "tasks") return [{ label: text("open_tasks"), act: openSidebarTab }];
  if (action === "collect" && task_id) {
    return [{ label: text("collect"), act: () => addTaskPoll(task_id) }];
  }
  if (action === "top_up" && url && isSafe(url)) {
    return [{ label: text("top_up"), act: () => openPage(url) }];
  }
  return [];
}

/**
 * @param {Remedy} remedy
 * @param {import("./decisions.mjs").EntryRef} entry
 * @param {() => void} settle
 * @returns {Action[]}
 */
function decisions({ actions, host, billing }, entry, settle) {
  const pages = billing && isSafe(billing) ? [billing] : [];
  const known = actions.filter((name) => name in SERVER_ACTIONS);
  return [
    // The card stays: what the page shows is what the user decides by.
    ...pages.map((page) => ({
      label: text("billing", { host: host ?? "" }),
      act: () => openPage(page) && false,
    })),
    ...known.map((name) =>
      solution(SERVER_ACTIONS[name].label(), () => actOnEntry(entry, name), settle),
    ),
  ];
}

/**
 * Return an action that solves the error, unless the user breaks it off.
 * @param {string} label
 * @param {() => Promise<boolean>} act
 * @param {() => void} settle
 * @returns {Action}
 */
function solution(label, act, settle) {
  const solve = async () => {
    const done = await act();
    if (done) settle();
    return done;
  };
  return { label, act: solve };
}

/** @param {string} address */
function openPage(address) {
  window.open(address, "_blank", "noopener,noreferrer");
  return true;
}
