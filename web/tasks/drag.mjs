/** Dragging a task from the list to the graph, where it becomes a Task Poll node. */
import { addTaskPoll } from "../nodes/add_task_poll.mjs";

const TYPE = "application/x-wan27-task";

/**
 * Let the user drag an element of a task; without an id it cannot be dragged.
 * @param {HTMLElement} handle
 * @param {string | null} taskId
 */
export function makeDraggable(handle, taskId) {
  handle.draggable = Boolean(taskId);
  handle.addEventListener("dragstart", ({ dataTransfer }) => {
    if (!dataTransfer || !taskId) return;
    dataTransfer.clearData(); // ComfyUI would upload the thumbnail
    dataTransfer.setData(TYPE, taskId);
    dataTransfer.effectAllowed = "copy";
  });
}

/** Take the tasks that are dropped on the graph, before ComfyUI does. */
export function acceptDrops() {
  const capture = true;
  window.addEventListener("dragover", onDrag, capture);
  window.addEventListener("drop", onDrag, capture);
}

/** @param {DragEvent} event */
function onDrag(event) {
  const { dataTransfer, target, type } = event;
  if (!dataTransfer?.types.includes(TYPE)) return;
  event.stopPropagation();
  event.preventDefault();
  const inList = target instanceof Element && target.closest(".wan27-tasks");
  dataTransfer.dropEffect = inList ? "none" : "copy";
  if (type !== "drop" || inList) return;
  addTaskPoll(dataTransfer.getData(TYPE), [event.clientX, event.clientY]);
}
