/** The only module that imports the scripts of ComfyUI's page. */
export { api } from "../../../scripts/api.js";
export { app } from "../../../scripts/app.js";
