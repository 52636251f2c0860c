/**
 * Every text of the page in English, by key.
 *
 * `locales/<language>/main.json` has the same keys under "wan27"; a test keeps the English file
 * equal to this table. `{name}` is replaced by a value. The texts of a setting have the name of its
 * environment variable as their key: a setting without a text is shown by that name.
 */
export const ENGLISH = {
  settings: "Wan27 settings",
  open_settings: "Open the settings…",
  close: "Close",
  cancel: "Cancel",
  loading: "Loading…",
  saved: "Saved.",
  unsaved: "This is not saved yet. Save it or clear the field.",
  no_server: "ComfyUI did not respond. Is it still running?",
  odd_answer:
    "ComfyUI returned status {status} without a reason. Restart it if you just installed or " +
    "updated this pack.",

  runs_at: "A Run uses {host}.",
  keys: "API keys",
  keys_intro:
    "Keys are stored on the machine that runs ComfyUI. They are never shown again and never " +
    "saved in a workflow.",
  key_of: "{host} API key",
  key_set: "set",
  key_not_set: "not set",
  key_paste: "Paste the key here",
  key_save: "Save the key",
  key_remove: "Remove",
  key_console: "Get a key from {host}",
  key_is_enough: "This key is enough: every template runs with it, clips and sound too.",
  key_empty: "Paste the key first.",
  key_saved_unused: "Saved. To use it, choose {host} as the host above.",
  check: "Check the key",
  checking: "Checking the key…",
  try_simulator: "Try the simulator, free",
  add_key: "Add a key",
  locked:
    "Not changeable here: set the environment variable {name} (or its file), then restart ComfyUI.",
  more: "More settings",

  WAN27_HOST: "Host",
  WAN27_HOST_help:
    "Automatic uses the first host that has a key. The simulator imitates the API on this " +
    "machine: no key, no cost.",
  WAN27_BASE_URL: "API address",
  WAN27_BASE_URL_help:
    "Another address with the same protocol, such as a proxy or a gateway. Empty: the host's own " +
    "address.",
  WAN27_UPLOAD: "Upload via",
  WAN27_UPLOAD_help:
    "Empty: images are sent inside the request. At Alibaba everything goes through its own " +
    "store. s3://bucket/prefix, gs://… or az://…: your bucket. https://…: the public address of " +
    "this ComfyUI.",
  WAN27_SERVE_PORT: "Port for media only",
  WAN27_SERVE_PORT_help:
    "Empty: media are served from ComfyUI's own port. 8189: from a port where nothing else can " +
    "be reached, for a tunnel.",
  WAN27_JPEG: "Send large images as JPEG",
  WAN27_JPEG_help:
    "An image that is too large as PNG is sent as a high-quality JPEG instead of being refused.",
  WAN27_JPEG_do: "Send as high-quality JPEG",
  WAN27_JPEG_done: "Large images are sent as JPEG from now on. Run again.",
  WAN27_MAX_COST: "Maximum cost per video",
  WAN27_MAX_COST_help:
    "In the currency of the price. A video with a higher estimate is refused. Empty: no limit.",
  WAN27_MAX_COST_DAY: "Maximum cost per day",
  WAN27_MAX_COST_DAY_help:
    "In the currency of the price. A video that would take the total of today above it is " +
    "refused. Empty: no limit.",
  WAN27_MAX_SECONDS_DAY: "Maximum seconds per day",
  WAN27_MAX_SECONDS_DAY_help:
    "This limit also works where the price is unknown. A video that would take the total of " +
    "today above it is refused. Empty: no limit.",
  WAN27_PRICE_720P: "Price per second at 720P",
  WAN27_PRICE_720P_help:
    "For example 0.10 USD, if the host publishes no price or your contract differs.",
  WAN27_PRICE_1080P: "Price per second at 1080P",
  WAN27_PRICE_1080P_help:
    "For example 0.15 USD, if the host publishes no price or your contract differs.",
  WAN27_KEEP_DAYS: "Keep history for (days)",
  WAN27_KEEP_DAYS_help:
    "At least 1; then only the details are deleted. Empty: always. What was bought is not bought " +
    "again, and videos are never deleted.",
  WAN27_TIMEOUT: "Timeout (seconds)",
  WAN27_TIMEOUT_help:
    "Then the node reports that the task is still running, and the next Run continues to wait. " +
    "Empty: 3600.",
  automatic: "Automatic",
  simulator: "Simulator (free)",
  host_Simulator: "Simulator", // the title that the server sends

  simulating: "The simulator is on: every Run is free.",
  no_key: "Wan27 needs an API key, or its free simulator.",
  error_title: "Wan27",
  top_up: "Top up the account",
  collect: "Add a Task Poll node",
  collect_hint:
    "A Task Poll node with the task id was added. Run to collect the video: this is free of " +
    "charge, but other nodes that have changed run too and may cost.",
  open_tasks: "Open the recent tasks",
  dismiss: "Dismiss",

  new_video: "⚠ each Run buys a new video",
  each_change: "⚠ each change buys a video",
  badge_no_key: "no API key",
  badge_settings: "check the settings",
  about: "about {amount}",
  free: "free",
  price_unknown: "price unknown",
  per_video: "{cost} per video",
  per_item: "{cost} per item",
  shot: "shot {number} of {count}",

  phase_uploading: "Preparing the media",
  phase_submitting: "Submitting",
  phase_looking_up: "Looking up",
  phase_queued: "Queued",
  phase_processing: "Processing",
  phase_no_answer: "No answer, asking again",
  phase_downloading: "Downloading",
  phase_decoding: "Decoding",
  phase_found: "Found on disk, nothing was bought",
  phase_submitted: "Submitted",
  phase_done: "Done",
  nothing_bought: "nothing was bought",
  left: "about {time} left",
  stopped:
    "Stopped here. A submitted task keeps running at the host: the next Run collects it, and " +
    "nothing is bought twice.",
  failed_see: "Failed: see the message",
  copy_id: "Copy the task id",
  copied: "The task id was copied.",
  not_copied: "The browser blocked copying. Copy this by hand: {words}",
  no_id: "This node has no task yet.",

  tasks: "Wan27 tasks",
  tasks_list:
    "Recent tasks, newest first. Use the arrow keys to move between tasks, Enter to play, Delete " +
    "to forget, and Right to reach the buttons.",
  search: "Search prompt, task id or seed",
  group: "Which tasks to show",
  group_all: "All tasks",
  group_running: "Running",
  group_undecided: "Needs a decision",
  group_finished: "Finished",
  group_failed: "Failed or given up",
  tasks_none: "No task matches.",
  tasks_empty: "No tasks yet. Every video that you submit is listed here.",
  tasks_error: "The tasks could not be loaded.",
  retry: "Try again",
  today: "Today: {amounts}",
  this_month: "This month: {amounts}",
  seconds_of_video: "{seconds} s of video",
  nothing_spent: "nothing spent",
  nothing_to_pay: "nothing to pay",
  charge_unknown: "charge unknown",
  damage_read: "I have read this",
  submitting: "Submitting",
  running: "Running",
  finished: "Finished",
  failed: "Failed",
  uncertain: "Uncertain",
  lost: "Lost",
  abandoned: "Given up",
  uncertain_help:
    "{host} did not answer, so you may have been charged: is the task in your account?",
  lost_help:
    "This task was submitted, but {host} no longer gives its video: is it in your account under " +
    "another id?",
  seconds: "{seconds} s",
  minutes: "{minutes} min {seconds} s",
  hours: "{hours} h {minutes} min",
  no_prompt: "(no prompt)",
  play: "Play the video",
  save_video: "Download to this computer",
  use_settings: "Use these settings",
  settings_used: "The settings of this task are in the node {node}. Nothing was sent.",
  settings_kept: "Not changed, because other nodes give them: {names}.",
  connect_next: "Connect its inputs, then Run.", // of a node that was added
  open_workflow: "Open workflow in new tab",
  more_actions: "More actions",
  open_tab: "Open in a new tab",
  reveal: "Show the file location",
  reveal_help: "On the machine that runs ComfyUI:",
  copy_path: "Copy the path",
  path_copied: "The path was copied.",
  fetch: "Download the video again (free)",
  fetching: "Downloading the video, free of charge.",
  forget: "Forget this task",
  forget_question:
    "Delete the details of this task? Its video file stays, and what was bought is not bought " +
    "again.",
  billing: "See the charges at {host}",
  attach: "This is its task…",
  attach_help:
    "Look for the task in your {host} account and paste its id here. Nothing is submitted: the " +
    "next Run collects the video, free of charge.",
  attach_id: "Task id",
  attach_save: "This is its task",
  attach_empty: "Paste the task id first.",
  collects_next: "The next Run of this request collects task {id}, free of charge.",
  abandon: "Submit again",
  abandon_question: "Nothing is sent now: the next Run of this request submits it again.",
  abandon_uncertain:
    "If {host} accepted the first request, you pay twice ({cost}). Check your account first.",
  abandon_paid: "The first task was submitted to {host}, so you may pay twice ({cost}).",
  submits_next: "The next Run of this request submits it again.",
  detach: "This is not its video",
  detach_question:
    "Take back task {id}? Its video file stays, and this request waits for your decision again.",
  task_changed: "This task has changed since. Open the recent tasks to see it.",
};

/** @typedef {keyof typeof ENGLISH} Key */

/** @type {Record<string, string>} */
let translated = {};

/**
 * Use these texts from now on; a missing key falls back to English.
 * @param {Record<string, string>} texts by key
 */
export function useTexts(texts) {
  translated = texts;
}

/**
 * Return the text of a key, with its `{names}` replaced.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  return knownText(key, values) ?? key;
}

/**
 * Like `text`, for keys that come from the server; undefined if the page has no such text.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function knownText(key, values = {}) {
  const pattern = translated[key] ?? /** @type {Record<string, string>} */ (ENGLISH)[key];
  return pattern?.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
