/**
 * What a person can do with a task: the server's routes below /wan27/tasks/, by name.
 *
 * The server sends with each task and each error which of them it allows; the page offers exactly
 * these. None of them submits anything.
 */
import { confirmAction, openDialog } from "../ui/dialog.mjs";
import { button, element, link } from "../ui/elements.mjs";
import { chargeText, hostText } from "../ui/format.mjs";
import { showError, showInfo } from "../ui/notices.mjs";
import { get, messageOf, post } from "../ui/server.mjs";
import { text } from "../ui/texts.mjs";

/**
 * @typedef {object} Decidable the part of a task that a decision needs
 * @property {number} id
 * @property {number} created seconds since 1970; with `id` it names the entry
 * @property {string | null} task_id
 * @property {string} host
 * @property {string | null} billing address of the host's page of charges
 * @property {string | null} price
 * @property {string[]} actions that the server allows
 */
/** @typedef {{id: number, created: number}} EntryRef */
/**
 * @typedef {object} ServerAction
 * @property {string} icon
 * @property {() => string} label
 * @property {(task: Decidable) => Promise<boolean>} act resolves to true once it is done
 */

/** @type {Record<string, ServerAction>} by the name of the route */
export const SERVER_ACTIONS = {
  collect: { icon: "pi-cloud-download", label: () => text("fetch"), act: collect },
  attach: { icon: "pi-link", label: () => text("attach"), act: attach },
  abandon: { icon: "pi-replay", label: () => text("abandon"), act: abandon },
  detach: { icon: "pi-times-circle", label: () => text("detach"), act: detach },
  forget: { icon: "pi-trash", label: () => text("forget"), act: forget },
};

/** The actions that answer the question of an undecided task; a row of the list names them. */
export const DECISIONS = ["attach", "abandon"];

/** Return true for a task that a person must decide about. @param {Decidable} task */
export function isUndecided({ actions }) {
  return actions.includes("attach");
}

/**
 * Return the task of an entry as it is now; undefined if it was forgotten.
 * @param {EntryRef} entry
 */
export async function findTask({ id, created }) {
  const { tasks } = await get(`/wan27/tasks?count=1&before=${id + 1}`);
  const [task] = tasks;
  return task?.id === id && task.created === created ? task : undefined;
}

/**
 * Act on the task of an error. It is loaded first: it may have been decided elsewhere.
 * @param {EntryRef} entry
 * @param {string} name of the action
 * @returns {Promise<boolean>} false if the user has not decided
 */
export async function actOnEntry(entry, name) {
  try {
    const task = await findTask(entry);
    if (task?.actions.includes(name)) return await SERVER_ACTIONS[name].act(task);
    showInfo(text("task_changed"));
    return true;
  } catch (error) {
    showError(messageOf(error));
    return false;
  }
}

/** Download the task's video again. @param {Decidable} task */
function collect(task) {
  return change(task, "collect", text("fetching"));
}

/** Forget a task after a question. @param {Decidable} task */
async function forget(task) {
  if (!(await confirmAction([text("forget_question")], text("forget")))) return false;
  return change(task, "forget");
}

/** Take back a task id that a person gave. @param {Decidable} task */
async function detach(task) {
  const question = text("detach_question", { id: task.task_id ?? "" });
  if (!(await confirmAction([question], text("detach")))) return false;
  return change(task, "detach");
}

/** Give up a task, so that the next Run submits its request again. @param {Decidable} task */
async function abandon(task) {
  const question = [text("abandon_question"), ...abandonCost(task)];
  const { billing, host } = task;
  const page = billing ? link(billing, text("billing", { host })) : null;
  if (!(await confirmAction(question, text("abandon"), page))) return false;
  return change(task, "abandon", text("submits_next"));
}

/**
 * Return what submitting again may cost; nothing where it is free.
 * @param {Decidable} task
 * @returns {string[]}
 */
export function abandonCost({ host, price, task_id: id }) {
  if (price === "") return [];
  const key = id ? "abandon_paid" : "abandon_uncertain";
  return [text(key, { host, cost: chargeText(price, 2) })];
}

/**
 * Ask for the id of the task, until the server takes one or the user closes the dialog.
 * @param {Decidable} task
 * @returns {Promise<boolean>}
 */
function attach(task) {
  const { host, billing } = task;
  const id = `wan27-attach-${task.id}`;
  const input = element("input", { id, type: "text", autocomplete: "off", autofocus: true });
  const problem = element("p", { className: "wan27-result wan27-error", role: "alert" });
  const field = { className: "wan27-field" };
  const save = { type: "submit", className: "wan27-button" };
  return new Promise((resolve) => {
    let done = false;
    const send = async () => {
      const taskId = input.value.trim();
      problem.textContent = taskId ? await attachProblem(task, taskId) : text("attach_empty");
      done = !problem.textContent;
      if (done) dialog.close();
      else input.focus();
    };
    const onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      send();
    };
    const dialog = openDialog(
      text("attach_save"),
      element("p", {}, text("attach_help", { host: hostText(host) })),
      ...(billing ? [element("p", {}, link(billing, text("billing", { host })))] : []),
      element(
        "form",
        { onsubmit },
        element("div", field, element("label", { for: id }, text("attach_id")), input, problem),
        element(
          "footer",
          {},
          button(text("cancel"), () => dialog.close()),
          element("button", save, text("attach_save")),
        ),
      ),
    );
    dialog.addEventListener("close", () => resolve(done));
  });
}

/**
 * Tell the server which task it is, and return its objection, "" for none.
 * @param {Decidable} task
 * @param {string} taskId
 * @returns {Promise<string>}
 */
async function attachProblem({ id, created }, taskId) {
  try {
    const taken = await post("/wan27/tasks/attach", { id, created, task_id: taskId });
    showInfo(text("collects_next", { id: taken.task_id }));
  } catch (error) {
    return messageOf(error);
  }
  return "";
}

/**
 * @param {EntryRef} entry
 * @param {string} name of the action
 * @param {string} [done] shown once it is done
 * @returns {Promise<boolean>}
 */
async function change({ id, created }, name, done = "") {
  try {
    await post(`/wan27/tasks/${name}`, { id, created });
  } catch (error) {
    showError(messageOf(error));
    return false;
  }
  if (done) showInfo(done);
  return true;
}
