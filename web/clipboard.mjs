/** Copying. Browsers allow it on https and localhost alone; elsewhere the id is shown instead. */
import { complain, tell } from "./notices.mjs";
import { text } from "./texts.mjs";

/** @param {string} id of a task */
export async function copyId(id) {
  try {
    await navigator.clipboard.writeText(id);
    tell(text("copied"));
  } catch {
    complain(text("not_copied", { id }));
  }
}
