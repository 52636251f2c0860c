/** The modules that need no browser, with Node's own test runner. Each test's name is the sentence that it states. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { age } from "../../web/ages.mjs";
import { Costs } from "../../web/cost.mjs";
import { duration } from "../../web/durations.mjs";
import { isSafe } from "../../web/elements.mjs";
import { priceText } from "../../web/prices.mjs";
import { statusLine } from "../../web/status_line.mjs";
import { TaskIds, idInOutput } from "../../web/task_ids.mjs";
import { TaskList, merge } from "../../web/task_list.mjs";
import { known, text, useTexts } from "../../web/texts.mjs";
import { videosOf } from "../../web/videos.mjs";

const ids = (list) => list.map(({ id }) => id);
const rows = (...numbers) => numbers.map((id) => ({ id }));
const video = (seconds) => ({ resolution: "720P", duration: seconds });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A server with `count` tasks, numbered from 1. */
function server(count) {
  let tasks = Array.from({ length: count }, (_, place) => ({ id: count - place }));
  const asked = [];
  const get = async (path) => {
    const query = new URLSearchParams(path.split("?")[1]);
    asked.push(path);
    const below = tasks.filter(({ id }) => id < Number(query.get("before") ?? Infinity));
    const count = Number(query.get("count"));
    return { tasks: below.slice(0, count), more: below.length > count, today: ["¥3.00"] };
  };
  return { get, asked, forget: (id) => (tasks = tasks.filter((task) => task.id !== id)), add: (id) => tasks.unshift({ id }) };
}

test("ten thousand tasks come page by page, each once", async () => {
  const { get, asked } = server(10_000);
  const list = new TaskList(get);
  await list.renew(0);
  while (list.canExtend) await list.extend();
  assert.deepEqual([10_000, 10_000, 51], [list.tasks.length, new Set(ids(list.tasks)).size, asked.length]);
});

test("a new task appears at the top and what was loaded below stays", async () => {
  const there = server(320);
  const list = new TaskList(there.get);
  await list.renew(0);
  await list.extend();
  there.add(321);
  await list.renew(0);
  assert.deepEqual([321, 320, 71, 251], [list.tasks[0].id, list.tasks[1].id, list.tasks.at(-1).id, list.tasks.length]);
});

test("more new tasks than a page holds leave no gap below it", async () => {
  const there = server(2);
  const list = new TaskList(there.get);
  await list.renew(0);
  for (let id = 3; id <= 200; id++) there.add(id);
  await list.renew(0);
  while (list.canExtend) await list.extend();
  assert.deepEqual(Array.from({ length: 200 }, (_, place) => 200 - place), ids(list.tasks));
});

test("a task that was forgotten disappears from the page in sight", async () => {
  const there = server(200);
  const list = new TaskList(there.get);
  await list.renew(0);
  while (list.canExtend) await list.extend();
  there.forget(90);
  await list.renew(105);
  assert.deepEqual([199, false], [list.tasks.length, ids(list.tasks).includes(90)]);
});

test("the last task goes as well", () => {
  assert.deepEqual([], merge(rows(3), { tasks: [], more: false, today: [] }));
});

test("one page is asked for at a time", async () => {
  const list = new TaskList(server(400).get);
  await list.renew(0);
  const first = list.extend();
  assert.equal(false, list.canExtend);
  await first;
  assert.equal(true, list.canExtend);
});

test("a cost is asked for once, after the user has stopped dragging", async () => {
  const asked = [];
  const timers = [];
  const answer = { problem: null, host: "PPIO", price: "¥3.00" };
  const costs = new Costs(async (question) => (asked.push(question), answer), () => {}, (act) => timers.push(act));
  assert.deepEqual(["", "", ""], [costs.of([video(5)]), costs.of([video(5)]), costs.of([video(5), video(6)])]);
  timers.forEach((act) => act());
  await settle();
  assert.deepEqual(["video=720P+5", "video=720P+5&video=720P+6"], asked);
  assert.deepEqual([1, "about ¥3.00 · PPIO"], [timers.length, costs.of([video(5)])]);
});

test("an answer from before the settings changed is not shown", async () => {
  const timers = [];
  const answers = [];
  const costs = new Costs(() => new Promise((resolve) => answers.push(resolve)), () => {}, (act) => timers.push(act));
  costs.of([video(5)]);
  timers[0]();
  costs.forget();
  answers[0]({ problem: "no_key", host: null, price: null });
  await settle();
  assert.equal("", costs.of([video(5)]));
});

test("a text is in the user's language where there is one, and in English where not", () => {
  useTexts({ seconds: "{seconds} Sekunden" });
  assert.deepEqual(["5 Sekunden", "Close", undefined], [text("seconds", { seconds: 5 }), text("close"), known("WAN27_NEW")]);
  useTexts({});
});

test("a task's id is found in the name of its video", () => {
  const images = (subfolder) => ({ images: [{ filename: "ab-12.mp4", subfolder, type: "output" }] });
  assert.deepEqual(["ab-12", null, null], [idInOutput(images("wan27")), idInOutput(images("")), idInOutput(undefined)]);
});

/** A browser's storage that begins with this under every key. */
function storage(content = null) {
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? content, setItem: (key, value) => items.set(key, value) };
}

test("the tasks of a workflow's nodes are still known after a reload", () => {
  const kept = storage();
  const ids = new TaskIds(kept);
  ids.remember("flow", "3", "old");
  ids.remember("flow", "3", "new");
  ids.remember("flow", "5:12", "inside");
  ids.remember("other", "3", "another");
  ids.remember("flow", "4", null);
  assert.deepEqual([["3", "new"], ["5:12", "inside"]], new TaskIds(kept).of("flow"));
});

test("a storage that holds something else is an empty one, and the oldest of many tasks go", () => {
  const ids = new TaskIds(storage("{"));
  for (let number = 0; number < 400; number++) ids.remember("flow", String(number), "id");
  assert.deepEqual([300, "100"], [ids.of("flow").length, ids.of("flow")[0][0]]);
});

const STATUS = { phase: "processing", host: "PPIO", percent: 35, elapsed_seconds: 72, left_seconds: 20, price: "¥3.00", bought: true, task_id: "ab-12", notices: [] };

test("a status says what is known and nothing else", () => {
  const unknown = { percent: null, elapsed_seconds: 0, left_seconds: null, price: null };
  const lines = [STATUS, { ...STATUS, ...unknown }, { ...STATUS, ...unknown, phase: "queued", bought: false }, { ...STATUS, ...unknown, phase: "new_phase", notices: ["A notice."] }];
  assert.deepEqual(
    ["Processing 35 % · 1 min 12 s · about 20 s left · PPIO · about ¥3.00", "Processing · PPIO · price unknown", "Queued · PPIO", "new_phase · PPIO · price unknown · A notice."],
    lines.map(statusLine),
  );
});

test("an ending says what was bought", () => {
  const lines = [{ ...STATUS, phase: "done", percent: null }, { ...STATUS, phase: "done", percent: null, bought: false }, { ...STATUS, phase: "submitted", percent: null }];
  assert.deepEqual(["Done · PPIO · about ¥3.00", "Done · nothing was bought", "Submitted · PPIO · about ¥3.00"], lines.map(statusLine));
});

test("a price is an amount, free, or unknown", () => {
  assert.deepEqual(["about $0.50", "free", "price unknown"], ["$0.50", "", null].map(priceText));
});

test("a duration is said in its largest units", () => {
  assert.deepEqual(["0 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 02 min"], [0, 59, 60, 3599, 3725].map(duration));
});

/** A node as LiteGraph has it: its widgets, and for each linked input where that comes from. */
function node(widgets, { links = {}, type = "Wan27ImageToVideo", mode = 0, subgraph, inputs = Object.keys(links) } = {}) {
  const sockets = inputs.map((name) => ({ name, link: links[name] ? name : null }));
  return {
    comfyClass: type,
    mode,
    subgraph,
    widgets: Object.entries(widgets).map(([name, value]) => ({ name, value })),
    inputs: sockets,
    findInputSlot: (name) => inputs.indexOf(name),
    isInputConnected: (place) => sockets[place].link !== null,
    getInputLink: (place) => links[sockets[place].name],
  };
}

test("what a node buys is said by its widgets, and by nobody where they are linked", () => {
  const linked = node({ resolution: "720P" }, { links: { duration: { origin_id: 7, origin_slot: 0 } } });
  const muted = node({ resolution: "720P", duration: 5 }, { mode: 2 });
  const poll = node({ task_id: "" }, { type: "Wan27TaskPoll" });
  assert.deepEqual([[video(5)], [null], [], []], [node({ resolution: "720P", duration: 5 }), linked, muted, poll].map((each) => videosOf(each)));
});

test("a subgraph buys all that the nodes within it buy, whose widgets may stand on its outside", () => {
  const promoted = node({ resolution: "720P", duration: 5 }, { links: { duration: { origin_id: "-10", origin_slot: 0 } } });
  const plain = node({ resolution: "720P", duration: 4 });
  const inner = node({ seconds: 3 }, { type: "inner", inputs: ["seconds"], subgraph: { nodes: [promoted, plain] } });
  const outer = node({ length: 9 }, { type: "outer", inputs: ["length"], subgraph: { nodes: [inner] } });
  const deep = { ...inner, ...node({}, { type: "inner", links: { seconds: { origin_id: -10, origin_slot: 0 } }, subgraph: inner.subgraph }) };
  outer.subgraph.nodes.push(deep);
  assert.deepEqual([video(3), video(4), video(9), video(4)], videosOf(outer));
});

test("an age is told in the largest whole unit", () => {
  const told = [0, 59, 60, 7200, 172_800].map((seconds) => age(1000, 1000 + seconds, "en"));
  assert.deepEqual(["now", "now", "1 min. ago", "2 hr. ago", "2 days ago"], told);
});

test("only https addresses are opened", () => {
  assert.deepEqual([true, false, false, false], ["https://a.example/x", "http://a.example", "javascript:alert(1)", ""].map(isSafe));
});
