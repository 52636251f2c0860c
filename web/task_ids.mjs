/** Which task belongs to which node, as far as this page has heard: from the line of status, the video, or the error. */

/** @type {Map<string, string>} by node id */
const ids = new Map();

/** @param {string | number} node @param {string | null | undefined} taskId */
export function remember(node, taskId) {
  if (taskId) ids.set(String(node), taskId);
}

/** @param {string | number} node */
export function taskOf(node) {
  return ids.get(String(node)) ?? null;
}

/** @param {string} line such as "done · nothing was bought · task sim-12" @returns {string | null} */
export function idInStatus(line) {
  return line.match(/(?:^|· )task ([^\s·]+)/)?.[1] ?? null;
}

/** @param {any} output what a node of ours handed to the page: its video's name is the task's id @returns {string | null} */
export function idInOutput(output) {
  const video = output?.images?.[0];
  return video?.subfolder === "wan27" ? video.filename.replace(/\.mp4$/, "") : null;
}
