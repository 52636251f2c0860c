/** What can be done with a task of the list. */
import { ask, openDialog } from "./dialog.mjs";
import { api } from "./comfyui.mjs";
import { copyId, copyPath } from "./clipboard.mjs";
import { button, element } from "./elements.mjs";
import { complain, tell } from "./notices.mjs";
import { post, sentence } from "./server.mjs";
import { addTaskPoll } from "./task_poll.mjs";
import { text } from "./texts.mjs";

/** @typedef {import("./task_list.mjs").Task} Task */
/** @typedef {{icon: string, label: string, act: () => void}} Action */

const ENDED = ["finished", "failed", "uncertain"];

/** @param {Task} task @returns {Action[]} in the order of the buttons */
export function actions(task) {
  const { task_id: id, video, path, state } = task;
  const list = [];
  if (video) list.push({ icon: "pi-play", label: text("play"), act: () => play(task) });
  if (id) list.push({ icon: "pi-copy", label: text("copy_id"), act: () => copyId(id) });
  if (id) list.push({ icon: "pi-plus-circle", label: text("collect"), act: () => addTaskPoll(id) });
  if (path) list.push({ icon: "pi-folder-open", label: text("reveal"), act: () => reveal(path) });
  if (id && (state === "running" || state === "finished")) list.push({ icon: "pi-download", label: text("fetch"), act: () => fetchAgain(task) });
  if (ENDED.includes(state)) list.push({ icon: "pi-trash", label: text("forget"), act: () => forget(task) });
  return list;
}

/** @param {Task} task show its video, where there is one */
export function play({ video, prompt }) {
  if (!video) return;
  const address = api.apiURL(`/view?${new URLSearchParams(video)}`);
  const player = element("video", { src: address, controls: true, autoplay: true, loop: true });
  const tab = element("a", { href: address, target: "_blank", rel: "noopener" }, text("open_tab"));
  openDialog(video.filename, player, element("p", { className: "wan27-prompt" }, prompt), element("footer", {}, tab));
}

/** @param {string} path where the file is: on the machine of ComfyUI, whose folders no page can open */
function reveal(path) {
  const copy = button(text("copy_path"), () => copyPath(path));
  openDialog(text("reveal"), element("p", {}, text("reveal_help")), element("code", { className: "wan27-path" }, path), element("footer", {}, copy));
}

/** @param {Task} task ask first: the same request would be bought again */
export async function forget({ id, created, state }) {
  if (!ENDED.includes(state) || !(await ask(text("forget_question"), text("forget")))) return;
  await attempt(async () => {
    const { forgotten } = await post("/wan27/tasks/forget", { id, created });
    if (!forgotten) complain(text("not_forgotten"));
  });
}

/** @param {Task} task */
function fetchAgain({ id, created }) {
  return attempt(async () => {
    await post("/wan27/tasks/collect", { id, created });
    tell(text("fetching"));
  });
}

/** @param {() => Promise<void>} act */
async function attempt(act) {
  await act().catch((error) => complain(sentence(error)));
}
