/** Opening the workflow that bought a task, in a tab of its own. */
import { showTask } from "../nodes/node_status.mjs";
import { app } from "../ui/comfyui.mjs";
import { showError } from "../ui/notices.mjs";
import { messageOf, post } from "../ui/server.mjs";

/** @param {import("./loaded_tasks.mjs").Task} task */
export async function openWorkflow({ id, created, task_id: taskId }) {
  const kept = await post("/wan27/tasks/workflow", { id, created }).catch((error) => {
    showError(messageOf(error));
  });
  if (!kept) return;
  const { node_id: node, workflow } = kept;
  delete workflow.id; // it gets a new one: two tabs of one id would share the status of their nodes
  const { workflow: store } = /** @type {any} */ (app).extensionManager;
  const tab = store.createTemporary(`Wan27 task ${id}.json`, workflow);
  await app.loadGraphData(workflow, true, true, tab);
  if (taskId) showTask(node, taskId);
}
