/** The actions of a task in the list. */
import { addTaskPoll } from "../nodes/workflow.mjs";
import { copyId, copyPath } from "../ui/clipboard.mjs";
import { api } from "../ui/comfyui.mjs";
import { confirmAction, openDialog } from "../ui/dialog.mjs";
import { button, element } from "../ui/elements.mjs";
import { showError, showInfo } from "../ui/notices.mjs";
import { messageOf, post } from "../ui/server.mjs";
import { text } from "../ui/texts.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */
/** @typedef {{icon: string, label: string, act: () => void}} Action */

/**
 * The server's actions by name; it sends with each task which of them are allowed.
 * @type {Record<string, (task: Task) => Action>}
 */
const SERVER_ACTIONS = {
  collect: (task) => ({ icon: "pi-download", label: text("fetch"), act: () => collect(task) }),
  forget: (task) => ({ icon: "pi-trash", label: text("forget"), act: () => forget(task) }),
};

/** Return the actions of a task, in the order of their buttons. @param {Task} task */
export function actionsOf(task) {
  const { task_id: id, video, path } = task;
  /** @type {Action[]} */
  const actions = [];
  if (video) actions.push({ icon: "pi-play", label: text("play"), act: () => play(task) });
  if (id) {
    const addNode = () => addTaskPoll(id);
    actions.push({ icon: "pi-copy", label: text("copy_id"), act: () => copyId(id) });
    actions.push({ icon: "pi-plus-circle", label: text("collect"), act: addNode });
  }
  if (path) {
    const show = () => showLocation(path);
    actions.push({ icon: "pi-folder-open", label: text("reveal"), act: show });
  }
  return [...actions, ...task.actions.flatMap((name) => SERVER_ACTIONS[name]?.(task) ?? [])];
}

/** Play the task's video in a dialog, if there is one. @param {Task} task */
export function play({ video, prompt }) {
  if (!video) return;
  const address = api.apiURL(`/view?${new URLSearchParams(video)}`);
  const player = { src: address, controls: true, autoplay: true, loop: true };
  const tab = { href: address, target: "_blank", rel: "noopener" };
  openDialog(
    video.filename,
    element("video", player),
    element("p", { className: "wan27-prompt" }, prompt),
    element("footer", {}, element("a", tab, text("open_tab"))),
  );
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

/** Forget a task after a question: running its request again buys it again. @param {Task} task */
export async function forget({ id, created, actions }) {
  if (!actions.includes("forget")) return;
  if (!(await confirmAction(text("forget_question"), text("forget")))) return;
  await showFailure(async () => {
    const { forgotten } = await post("/wan27/tasks/forget", { id, created });
    if (!forgotten) showError(text("not_forgotten"));
  });
}

/** Download the task's video again. @param {Task} task */
function collect({ id, created }) {
  return showFailure(async () => {
    await post("/wan27/tasks/collect", { id, created });
    showInfo(text("fetching"));
  });
}

/** @param {() => Promise<void>} act */
async function showFailure(act) {
  await act().catch((error) => showError(messageOf(error)));
}
