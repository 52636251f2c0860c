/** The actions of a task in the list. */
import { addTaskPoll } from "../nodes/add_task_poll.mjs";
import { SERVER_ACTIONS } from "../nodes/decisions.mjs";
import { useSettings } from "../nodes/use_settings.mjs";
import { copyId, copyPath } from "../ui/clipboard.mjs";
import { api } from "../ui/comfyui.mjs";
import { openDialog } from "../ui/dialog.mjs";
import { button, element } from "../ui/elements.mjs";
import { text } from "../ui/texts.mjs";
import { openWorkflow } from "./open_workflow.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */
/** @typedef {{name: string, icon: string, label: string, act: () => unknown}} Action */

/** Return the actions of a task, the most used first. @param {Task} task */
export function actionsOf(task) {
  const { task_id: id, video, path } = task;
  /** @type {Action[]} */
  const actions = [];
  /** @param {import("../ui/texts.mjs").Key} name @param {string} icon @param {() => void} act */
  const add = (name, icon, act) => actions.push({ name, icon, label: text(name), act });
  if (video) add("play", "pi-play", () => play(task));
  if (video) add("save_video", "pi-download", () => save(video));
  if (task.node) add("use_settings", "pi-sliders-h", () => useSettings(task));
  if (id) add("copy_id", "pi-copy", () => copyId(id));
  const collectable = collectableId(task);
  if (collectable) add("collect", "pi-plus-circle", () => addTaskPoll(collectable));
  if (task.workflow) add("open_workflow", "pi-share-alt", () => openWorkflow(task));
  if (path) add("reveal", "pi-folder-open", () => showLocation(path));
  return [...actions, ...serverActionsOf(task)];
}

/** Return the id that Task Poll collects; null if nothing is to collect. @param {Task} task */
export function collectableId({ task_id: id, actions }) {
  return actions.includes("collect") ? id : null;
}

/** @param {Task} task @returns {Action[]} */
function serverActionsOf(task) {
  return task.actions.flatMap((name) => {
    const action = SERVER_ACTIONS[name];
    if (!action) return [];
    return [{ name, icon: action.icon, label: action.label(), act: () => action.act(task) }];
  });
}

/** Play the task's video in a dialog, if there is one. @param {Task} task */
export function play({ video, prompt }) {
  if (!video) return;
  const address = videoAddress(video);
  const player = { src: address, controls: true, autoplay: true, loop: true };
  const tab = { href: address, target: "_blank", rel: "noopener" };
  openDialog(
    video.filename,
    element("video", player),
    element("p", { className: "wan27-prompt" }, prompt),
    element(
      "footer",
      {},
      element("a", tab, text("open_tab")),
      element("a", { href: address, download: video.filename }, text("save_video")),
    ),
  );
}

/** Return the address of a video. @param {Record<string, string>} video */
export function videoAddress(video) {
  return api.apiURL(`/view?${new URLSearchParams(video)}`);
}

/** Save a video on the user's computer. @param {NonNullable<Task["video"]>} video */
function save(video) {
  element("a", { href: videoAddress(video), download: video.filename }).click();
}

/** Show where a file is on ComfyUI's machine; no page can open its folder. @param {string} path */
function showLocation(path) {
  openDialog(
    text("reveal"),
    element("p", {}, text("reveal_help")),
    element("code", { className: "wan27-path" }, path),
    element(
      "footer",
      {},
      button(text("copy_path"), () => copyPath(path)),
    ),
  );
}

/** Forget the task, if the server allows it. @param {Task} task */
export function forget(task) {
  if (task.actions.includes("forget")) SERVER_ACTIONS.forget.act(task);
}
