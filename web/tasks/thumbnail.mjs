/** The thumbnail of a row: hovered it shows the video, clicked it plays, and it can be dragged. */
import { api } from "../ui/comfyui.mjs";
import { element } from "../ui/elements.mjs";
import { makeDraggable } from "./drag.mjs";
import { collectableId, videoAddress } from "./task_actions.mjs";

/** @typedef {import("./loaded_tasks.mjs").Task} Task */

/** Create the thumbnail, or an empty box in its size. @param {Task} task */
export function thumbnail(task) {
  const { thumbnail: address, video } = task;
  const image = { src: api.apiURL(address ?? ""), alt: "", loading: "lazy", draggable: false };
  const box = element(
    "div",
    { className: "wan27-thumbnail" },
    address ? element("img", image) : null,
  );
  makeDraggable(box, collectableId(task));
  if (video) showOnHover(box, videoAddress(video));
  return box;
}

/**
 * Show a silent video in an element while the mouse is over it; nothing is loaded before.
 * @param {HTMLElement} box
 * @param {string} address
 */
function showOnHover(box, address) {
  /** @type {HTMLVideoElement | null} */
  let video = null;
  const stop = () => {
    video?.removeAttribute("src");
    video?.load(); // or it would go on loading
    video?.remove();
    video = null;
  };
  box.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType !== "mouse" || video) return;
    video = element("video", { muted: true, loop: true, autoplay: true, playsInline: true });
    video.src = address;
    box.append(video);
  });
  box.addEventListener("pointerleave", stop);
  box.addEventListener("dragstart", stop);
}
