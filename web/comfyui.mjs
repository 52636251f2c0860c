/** The door to ComfyUI's page: the only module that names its addresses. */
export { api } from "../../scripts/api.js";
export { app } from "../../scripts/app.js";
