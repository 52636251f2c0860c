/**
 * Every text of the page, in English, by key, and the one function that hands them out.
 *
 * `locales/<language>/main.json` holds the same keys under "wan27"; a test keeps the English file equal to this. `{name}` is filled in.
 * Keys of settings are the names of their variables, so that a setting that this page does not know is still shown, by its name.
 */
export const ENGLISH = {
  settings: "Wan 2.7 settings",
  open_settings: "Open the settings…",
  close: "Close",
  cancel: "Cancel",
  loading: "Loading…",
  saved: "Saved.",
  no_server: "ComfyUI did not answer. Is it still running?",
  odd_answer: "ComfyUI answered {status} without a reason. Restart it if this pack was just installed or updated.",

  runs_at: "A Run uses {host}.",
  keys: "API keys",
  keys_intro: "A key is stored on the machine that runs ComfyUI and is never shown again: not here, not in a workflow.",
  key_of: "API key of {host}",
  key_set: "set",
  key_not_set: "not set",
  key_paste: "Paste the key here",
  key_save: "Save the key",
  key_remove: "Remove",
  key_console: "Get a key from {host}",
  key_empty: "Paste the key first.",
  check: "Check the key",
  checking: "Asking the host…",
  try_simulator: "Try it free with the simulator",
  locked: "Cannot be changed here, only by the environment variable {name} (or its file) and a restart of ComfyUI.",
  more: "Settings",

  WAN27_HOST: "Host",
  WAN27_HOST_help: "Automatic takes the first host that has a key. The simulator plays the API on this machine: no key, no cost.",
  WAN27_BASE_URL: "API address",
  WAN27_BASE_URL_help: "Another address with the same protocol: a proxy or a gateway. Empty: the host's own.",
  WAN27_UPLOAD: "How local media reach the host",
  WAN27_UPLOAD_help:
    "Empty: pictures travel inside the request. s3://bucket/prefix, gs://… or az://…: your bucket. https://…: the public address of this ComfyUI.",
  WAN27_JPEG: "Allow JPEG",
  WAN27_JPEG_help: "A picture that is too large as PNG is sent as JPEG of high quality instead of being refused.",
  WAN27_MAX_COST: "Most that one video may cost",
  WAN27_MAX_COST_help: "In the currency of the price. A video whose estimate is above it is refused. Empty: no limit.",
  WAN27_PRICE_720P: "Your price of a second at 720P",
  WAN27_PRICE_720P_help: "Such as 0.10 USD, where the host publishes none or your contract differs.",
  WAN27_PRICE_1080P: "Your price of a second at 1080P",
  WAN27_PRICE_1080P_help: "Such as 0.15 USD, where the host publishes none or your contract differs.",
  WAN27_KEEP_DAYS: "Days that ended tasks are remembered",
  WAN27_KEEP_DAYS_help: "Empty: for ever. A forgotten request is bought anew when it is run again; videos are never deleted.",
  WAN27_TIMEOUT: "Seconds that a node waits",
  WAN27_TIMEOUT_help: "After that it says that the task is still running, and the next Run goes on waiting. Empty: 3600.",
  automatic: "Automatic",
  simulator: "Simulator (free)",

  simulating: "The simulator plays the API from now on: every Run is free.",
  no_key: "Wan 2.7 needs an API key, or its free simulator.",
  error_title: "Wan 2.7",
  top_up: "Top up the account",
  collect: "Add a Task Poll node",
  collect_hint: "A Task Poll node with the task id was added. Run it to collect the video; that costs nothing.",
  dismiss: "Dismiss",

  new_video: "⚠ each Run buys a new video",
  badge_no_key: "no API key",
  badge_settings: "check the settings",
  about: "about {amount}",
  free: "free",
  price_unknown: "price unknown",

  phase_uploading: "Preparing the media",
  phase_submitting: "Submitting",
  phase_queued: "Queued",
  phase_processing: "Processing",
  phase_downloading: "Downloading",
  phase_decoding: "Decoding",
  phase_found: "Found on disk, nothing was bought",
  phase_submitted: "Submitted",
  phase_done: "Done",
  nothing_bought: "nothing was bought",
  left: "about {time} left",
  stopped: "Stopped here. What was submitted goes on at the host: the next Run collects it, and nothing is bought twice.",
  copy_id: "Copy the task id",
  copied: "The task id was copied.",
  not_copied: "The browser did not allow copying. Copy this by hand: {words}",
  no_id: "This node has no task yet.",

  tasks: "Wan 2.7 tasks",
  tasks_list: "Recent tasks, newest first. Arrow keys go from task to task, Enter plays, Delete forgets, Right goes to the buttons.",
  tasks_empty: "No tasks yet. Every video that is submitted will be listed here.",
  tasks_error: "The tasks could not be loaded.",
  retry: "Try again",
  today: "Today: {amounts}",
  today_nothing: "Today: nothing spent",
  submitting: "Submitting",
  running: "Running",
  finished: "Finished",
  failed: "Failed",
  uncertain: "Uncertain",
  seconds: "{seconds} s",
  minutes: "{minutes} min {seconds} s",
  hours: "{hours} h {minutes} min",
  no_prompt: "(no prompt)",
  play: "Play the video",
  open_tab: "Open in a new tab",
  reveal: "Where the file is",
  reveal_help: "On the machine that runs ComfyUI:",
  copy_path: "Copy the path",
  path_copied: "The path was copied.",
  fetch: "Fetch the video again (free)",
  fetching: "The video is being fetched; that costs nothing.",
  forget: "Forget this task",
  forget_question: "Forget this task? Its video file stays. The same request will be bought anew when it is run again.",
  not_forgotten: "This task has not ended, so it is not forgotten.",
};

/** @typedef {keyof typeof ENGLISH} Key */

/** @type {Record<string, string>} */
let translated = {};

/**
 * Show these texts from now on; English stands in for what they lack.
 * @param {Record<string, string>} texts by key
 */
export function useTexts(texts) {
  translated = texts;
}

/**
 * The text of a key, with its `{names}` filled in.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  return known(key, values) ?? key;
}

/**
 * As `text`, for keys that come from the server: undefined where this page has none.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function known(key, values = {}) {
  const pattern = translated[key] ?? /** @type {Record<string, string>} */ (ENGLISH)[key];
  return pattern?.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
