/** The modules that need no browser, tested with Node's own test runner. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Costs, videosOf } from "../../web/nodes/cost.mjs";
import { freeSpace, GAP, heightAfterRun } from "../../web/nodes/free_space.mjs";
import { buysPerItem } from "../../web/nodes/list_inputs.mjs";
import { buysEachTime } from "../../web/nodes/moving_values.mjs";
import { statusLine, taskStatus } from "../../web/nodes/status_line.mjs";
import { TaskIds } from "../../web/nodes/task_ids.mjs";
import { LoadedTasks, merge } from "../../web/tasks/loaded_tasks.mjs";
import { RowLayout } from "../../web/tasks/row_layout.mjs";
import { isSafe } from "../../web/ui/elements.mjs";
import {
  ageText,
  chargeText,
  dateText,
  durationText,
  priceText,
  spentText,
} from "../../web/ui/format.mjs";
import { browserStorage, tabStorage } from "../../web/ui/storage.mjs";
import { knownText, text, useTexts } from "../../web/ui/texts.mjs";

const ids = (list) => list.map(({ id }) => id);
const rows = (...ids) => ids.map((id) => ({ id }));
const video = (seconds) => ({ resolution: "720P", duration: seconds });
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A server with `count` tasks, numbered from 1. */
function server(count) {
  let tasks = Array.from({ length: count }, (_, index) => ({ id: count - index }));
  const requests = [];
  const get = async (path) => {
    const query = new URLSearchParams(path.split("?")[1]);
    requests.push(path);
    const below = tasks.filter(({ id }) => id < Number(query.get("before") ?? Infinity));
    const count = Number(query.get("count"));
    const others = { running: 0, today: "2026-11-30", totals: {}, damage: null };
    return { tasks: below.slice(0, count), more: below.length > count, ...others };
  };
  return {
    get,
    requests,
    forget: (id) => (tasks = tasks.filter((task) => task.id !== id)),
    add: (id) => tasks.unshift({ id }),
  };
}

test("ten thousand tasks are loaded page by page, each once", async () => {
  const { get, requests } = server(10_000);
  const loaded = new LoadedTasks(get);
  await loaded.renew(0);
  while (loaded.canExtend) await loaded.extend();
  const { tasks } = loaded;
  assert.deepEqual([10_000, 10_000, 51], [tasks.length, new Set(ids(tasks)).size, requests.length]);
});

test("a new task appears at the top and the older loaded tasks stay", async () => {
  const backend = server(320);
  const loaded = new LoadedTasks(backend.get);
  await loaded.renew(0);
  await loaded.extend();
  backend.add(321);
  await loaded.renew(0);
  const numbers = ids(loaded.tasks);
  assert.deepEqual([321, 320, 71, 251], [...numbers.slice(0, 2), numbers.at(-1), numbers.length]);
});

test("more new tasks than one page holds leave no gap below them", async () => {
  const backend = server(2);
  const loaded = new LoadedTasks(backend.get);
  await loaded.renew(0);
  for (let id = 3; id <= 200; id++) backend.add(id);
  await loaded.renew(0);
  while (loaded.canExtend) await loaded.extend();
  const expected = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.deepEqual(expected, ids(loaded.tasks));
});

test("a forgotten task disappears from the page in view", async () => {
  const backend = server(200);
  const loaded = new LoadedTasks(backend.get);
  await loaded.renew(0);
  while (loaded.canExtend) await loaded.extend();
  backend.forget(90);
  await loaded.renew(105);
  assert.deepEqual([199, false], [loaded.tasks.length, ids(loaded.tasks).includes(90)]);
});

test("the last task can be forgotten too", () => {
  assert.deepEqual([], merge(rows(3), { tasks: [], more: false }));
});

test("the damage of the journal and the totals come with the newest tasks", async () => {
  const damage = "The journal was damaged.";
  const totals = { "2026-11": { amounts: ["¥3.00"], seconds: 25 } };
  const page = { tasks: [], more: false, running: 2, today: "2026-11-30", totals, damage };
  const loaded = new LoadedTasks(async () => page);
  await loaded.renew(0);
  const { damage: message, totals: known, running } = loaded;
  assert.deepEqual([damage, totals, 2], [message, known, running]);
});

test("what was loaded for an earlier search is not shown", async () => {
  const backend = server(60);
  const loaded = new LoadedTasks(backend.get);
  const earlier = loaded.renew(0);
  loaded.lookFor({ search: "cat", group: "failed" });
  await earlier;
  assert.deepEqual([], loaded.tasks);
  await loaded.renew(0);
  assert.deepEqual([50, true], [loaded.tasks.length, backend.requests[1].includes("search=cat")]);
});

test("rows of different heights have no gap, and each is found by its height", () => {
  const layout = new RowLayout([92, 186, 92]);
  const tops = [0, 1, 2, 3].map((index) => layout.top(index));
  const found = [-5, 0, 91, 92, 277, 278, 369, 5000].map((y) => layout.indexAt(y));
  assert.deepEqual([0, 92, 278, 370, 370], [...tops, layout.height]);
  assert.deepEqual([0, 0, 0, 1, 1, 2, 2, 2], found);
  assert.deepEqual([0, 0], [new RowLayout([]).indexAt(10), new RowLayout([]).height]);
});

test("one page is loaded at a time", async () => {
  const loaded = new LoadedTasks(server(400).get);
  await loaded.renew(0);
  const first = loaded.extend();
  assert.equal(false, loaded.canExtend);
  await first;
  assert.equal(true, loaded.canExtend);
});

test("a cost is requested once, after the user stopped dragging", async () => {
  const queries = [];
  const timers = [];
  const cost = { problem: null, host: "PPIO", price: "¥3.00" };
  const fetchCost = async (query) => (queries.push(query), cost);
  const costs = new Costs(fetchCost, () => {}, (act) => timers.push(act));
  const texts = [[video(5)], [video(5)], [video(5), video(6)]].map((videos) => costs.of(videos));
  assert.deepEqual(["", "", ""], texts);
  timers.forEach((act) => act());
  await nextTurn();
  assert.deepEqual(["video=720P+5", "video=720P+5&video=720P+6"], queries);
  assert.deepEqual([1, "about ¥3.00 · PPIO"], [timers.length, costs.of([video(5)])]);
  const [one, two] = [[video(5)], [video(5), video(6)]].map((videos) => costs.of(videos, true));
  assert.deepEqual(["about ¥3.00 per video · PPIO", "about ¥3.00 per item · PPIO"], [one, two]);
});

test("a cost that was requested before the settings changed is not shown", async () => {
  const timers = [];
  const responses = [];
  const fetchCost = () => new Promise((resolve) => responses.push(resolve));
  const costs = new Costs(fetchCost, () => {}, (act) => timers.push(act));
  costs.of([video(5)]);
  timers[0]();
  costs.clear();
  responses[0]({ problem: "no_key", host: null, price: null });
  await nextTurn();
  assert.equal("", costs.of([video(5)]));
});

test("a text without a translation is shown in English, and a host by its title", () => {
  useTexts({ seconds: "{seconds} Sekunden" });
  const texts = [text("seconds", { seconds: 5 }), text("close"), knownText("WAN27_NEW")];
  assert.deepEqual(["5 Sekunden", "Close", undefined], texts);
  useTexts({ host_Simulator: "Simulateur" });
  const status = { ...STATUS, phase: "done", percent: null, price: "" };
  assert.equal("Done · Simulateur · free", statusLine({ ...status, host: "Simulator" }));
  assert.equal("Done · PPIO · free", statusLine(status));
  useTexts({});
});

/** A browser's storage with this initial content under every key. */
function storage(content = null) {
  const items = new Map();
  const getItem = (key) => items.get(key) ?? content;
  return { getItem, setItem: (key, value) => items.set(key, value) };
}

test("the task ids of nodes survive a reload", () => {
  const tabStorage = storage();
  const ids = new TaskIds(tabStorage);
  const bought = { bought: true, notices: ["cut"] };
  const found = { bought: false, notices: [] };
  ids.remember("flow 3", "old", bought);
  ids.remember("flow 5:12", "inside", bought);
  ids.remember("flow 3", "new", bought);
  ids.remember("flow 3", "new", found);
  ids.remember("flow 4", "of an earlier Run", bought);
  ids.remember("flow 4", null, found);
  const expected = [
    ["flow 5:12", { id: "inside", ...bought }],
    ["flow 3", { id: "new", ...found }],
  ];
  const again = new TaskIds(tabStorage);
  assert.deepEqual(expected, again.all());
  assert.deepEqual(bought, again.endOf("opened from the list 1", "inside"));
  assert.deepEqual({ bought: true, notices: [] }, again.endOf("flow 3", "unknown"));
});

test("invalid storage counts as empty, and of many task ids the oldest are dropped", () => {
  const ids = new TaskIds(storage("{"));
  for (let number = 0; number < 400; number++) {
    ids.remember(`flow ${number}`, "id", { bought: true, notices: [] });
  }
  assert.deepEqual([300, "flow 100"], [ids.all().length, ids.all()[0][0]]);
});

test("storage that is full or forbidden to the page keeps everything until the page closes", () => {
  const fail = () => {
    throw new DOMException("no", "SecurityError");
  };
  const full = () => ({ getItem: () => null, setItem: fail });
  const halfway = () => ({ getItem: fail, setItem: fail });
  const kinds = [[tabStorage, "sessionStorage"], [browserStorage, "localStorage"]];
  for (const [pageStorage, name] of kinds) {
    for (const get of [full, halfway, fail, () => null]) {
      Object.defineProperty(globalThis, name, { get, configurable: true });
      assert.equal(null, pageStorage.getItem(`new ${get}`));
      pageStorage.setItem(`${get}`, "kept");
      assert.equal("kept", pageStorage.getItem(`${get}`));
    }
  }
});

const STATUS = {
  phase: "processing",
  host: "PPIO",
  percent: 35,
  elapsed_seconds: 72,
  left_seconds: 20,
  price: "¥3.00",
  bought: true,
  task_id: "ab-12",
  notices: [],
};
const UNKNOWN = { percent: null, elapsed_seconds: 0, left_seconds: null, price: null };

test("a status line shows what is known and leaves out the rest", () => {
  const changes = {
    "Processing 35 % · 1 min 12 s · about 20 s left · PPIO · about ¥3.00": {},
    "Processing · PPIO · price unknown": UNKNOWN,
    "Queued · PPIO": { ...UNKNOWN, phase: "queued", bought: false },
    "new_phase · PPIO · price unknown · A notice.": {
      ...UNKNOWN,
      phase: "new_phase",
      notices: ["A notice."],
    },
  };
  const lines = Object.values(changes).map((change) => statusLine({ ...STATUS, ...change }));
  assert.deepEqual(Object.keys(changes), lines);
});

test("the last status line shows what was bought", () => {
  const changes = [{ phase: "done" }, { phase: "done", bought: false }, { phase: "submitted" }];
  const lines = changes.map((change) => statusLine({ ...STATUS, percent: null, ...change }));
  assert.deepEqual(
    [
      "Done · PPIO · about ¥3.00",
      "Done · nothing was bought",
      "Submitted · PPIO · about ¥3.00",
    ],
    lines,
  );
});

test("a price is an amount, free, or unknown", () => {
  assert.deepEqual(["about $0.50", "free", "price unknown"], ["$0.50", "", null].map(priceText));
});

test("a second task costs twice the price, if there is one", () => {
  const texts = ["¥3.00", null].map((price) => chargeText(price, 2));
  assert.deepEqual(["2 × ¥3.00", "price unknown"], texts);
});

test("a total has the seconds of video, which are known where a price is not", () => {
  const totals = [[["¥3.00", "$1.00"], 25], [[], 10], [[], 0]];
  assert.deepEqual(
    ["about ¥3.00 + $1.00 · 25 s of video", "10 s of video", ""],
    totals.map(([amounts, seconds]) => spentText({ amounts, seconds })),
  );
});

test("a day is named in the user's language, with its year if that is another one", () => {
  const names = ["2026-11-30", "2026-11-02", "2025-11-02", "2026-10"];
  const texts = (language) => names.map((name) => dateText(name, "2026-11-30", language));
  assert.deepEqual(["Today", "Mon, Nov 2", "Sun, Nov 2, 2025", "October 2026"], texts("en"));
  assert.deepEqual(["Aujourd’hui", "Lun. 2 nov.", "Dim. 2 nov. 2025", "Octobre 2026"], texts("fr"));
});

test("a duration is shown in its largest units", () => {
  const expected = ["0 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 02 min"];
  assert.deepEqual(expected, [0, 59, 60, 3599, 3725].map(durationText));
});

// In these graphs a link is its own id.
class LGraphNode {
  getInputLink(slot) {
    return this.inputs[slot].link;
  }
}
globalThis.window = { LiteGraph: { LGraphNode } };

/** A node as LiteGraph has it: its widgets, and the origin of each linked input. */
function node(widgets, options = {}) {
  const { links = {}, type = "Wan27ImageToVideo", mode = 0, subgraph } = options;
  const inputs = options.inputs ?? Object.keys(links);
  const sockets = inputs.map((name) => ({ name, link: links[name] ?? null }));
  return {
    comfyClass: type,
    mode,
    subgraph,
    widgets: Object.entries(widgets).map(([name, value]) => ({ name, value })),
    inputs: sockets,
    findInputSlot: (name) => inputs.indexOf(name),
    isInputConnected: (slot) => sockets[slot].link !== null,
    graph: {},
  };
}

test("a node buys the video of its widgets, and an unknown one if they are linked", () => {
  const links = { duration: { origin_id: 7, origin_slot: 0 } };
  const linked = node({ resolution: "720P" }, { links });
  const muted = node(video(5), { mode: 2 });
  const poll = node({ task_id: "" }, { type: "Wan27TaskPoll" });
  const videos = [node(video(5)), linked, muted, poll].map((each) => videosOf(each));
  assert.deepEqual([[video(5)], [null], [], []], videos);
});

test("a subgraph buys the videos of all nodes inside, with the widgets it has for them", () => {
  const links = { duration: { origin_id: "-10", origin_slot: 0 } };
  const subgraph = { nodes: [node(video(5), { links }), node(video(4))] };
  const inner = node({ seconds: 3 }, { type: "inner", inputs: ["seconds"], subgraph });
  const through = { seconds: { origin_id: -10, origin_slot: 0 } };
  const deep = { ...inner, ...node({}, { type: "inner", links: through, subgraph }) };
  const around = { nodes: [inner, deep] };
  const outer = node({ length: 9 }, { type: "outer", inputs: ["length"], subgraph: around });
  assert.deepEqual([video(3), video(4), video(9), video(4)], videosOf(outer));
});

/** A graph whose nodes are linked in a row, from the first one to the last. */
function chain(...types) {
  const nodes = types.map((type) => {
    const options = { type: type.buys ? "Wan27ImageToVideo" : "Other", inputs: ["in"] };
    const made = node({}, { ...options, links: { in: type.from }, subgraph: type.subgraph });
    made.constructor = { nodeData: type.data };
    return made;
  });
  const graph = { nodes, getNodeById: (id) => nodes[id] };
  for (const each of nodes) each.graph = graph;
  return nodes;
}
const from = (id) => ({ origin_id: id, origin_slot: 0 });
const LIST = { output_is_list: [true] };
const COLLECTS = { output_is_list: [false], is_input_list: true };

test("a node that a list feeds buys a video for each item, through other nodes too", () => {
  const lists = chain({ data: LIST }, { from: from(0) }, { from: from(1), buys: true });
  const collected = chain(
    { data: LIST },
    { from: from(0), data: COLLECTS },
    { from: from(1), buys: true },
  );
  const alone = chain({ buys: true });
  const fed = [lists, collected, alone].map((nodes) => buysPerItem(nodes.at(-1)));
  assert.deepEqual([true, false, false], fed);
  assert.equal(false, buysPerItem(lists[1]));
});

test("a list feeds the nodes inside a subgraph, and comes out of one", () => {
  const inside = { nodes: chain({ from: from("-10"), buys: true }) };
  const around = chain({ data: LIST }, { from: from(0), subgraph: inside });
  const maker = chain({ data: LIST });
  const outputs = [{ getLinks: () => [from(0)] }];
  const makes = { nodes: maker, outputs, getNodeById: (id) => maker[id] };
  const after = chain({ subgraph: makes }, { from: from(0), buys: true });
  const plain = chain({}, { from: from(0), subgraph: inside });
  const fed = [around, after, plain].map((nodes) => buysPerItem(nodes.at(-1)));
  assert.deepEqual([true, true, false], fed);
});

test("each Run buys a new video where its seed, or a value before it, changes by itself", () => {
  const seeds = [
    { name: "value", value: 7, linkedWidgets: [{ value: "randomize" }] }, // ComfyUI's own Int
    { name: "seed", value: -1 }, // rgthree's
    { name: "seed", value: 7, linkedWidgets: [{ value: "fixed" }] },
  ];
  const nodes = seeds.map((seed) => {
    const row = chain({}, { from: from(0) }, { from: from(1), buys: true });
    row[0].widgets = [seed];
    return row;
  });
  assert.deepEqual([true, true, false], nodes.map((row) => buysEachTime(row.at(-1))));
  nodes[0][0].mode = 4; // bypassed
  assert.equal(false, buysEachTime(nodes[0].at(-1)));
  nodes[2].at(-1).widgets = [{ ...seeds[0], name: "seed" }];
  const around = { subgraph: { nodes: [{ subgraph: { nodes: [nodes[2].at(-1)] } }] } };
  assert.deepEqual([true, true], [nodes[2].at(-1), around].map(buysEachTime));
});

test("an age is shown in the largest whole unit", () => {
  const ages = [0, 59, 60, 7200, 172_800].map((age) => ageText(1000, 1000 + age, "en"));
  assert.deepEqual(["now", "now", "1 min. ago", "2 hr. ago", "2 days ago"], ages);
});

test("only https addresses are opened", () => {
  const addresses = ["https://a.example/x", "http://a.example", "javascript:alert(1)", ""];
  assert.deepEqual([true, false, false, false], addresses.map(isSafe));
});

test("a new node is put below the nodes that are in its way, and nowhere else", () => {
  const wanted = [0, 0, 100, 100];
  assert.deepEqual(wanted, freeSpace([], wanted));
  assert.deepEqual(wanted, freeSpace([[100 + GAP, 0, 50, 50]], wanted));
  assert.deepEqual([0, 50 + GAP, 100, 100], freeSpace([[10, -50, 50, 100]], wanted));
  const chain = [[0, 300, 9, 9], [0, 90, 9, 110], [0, -900, 9, 9]];
  assert.deepEqual([0, 309 + GAP, 100, 100], freeSpace(chain, wanted));
});

test("a node has room for its video and its panel", () => {
  const node = (type, height) => ({ type, comfyClass: type, size: [300, height] });
  assert.equal(520, heightAfterRun(node("SaveVideo", 106)));
  assert.equal(600, heightAfterRun(node("Wan27TaskPoll", 600)));
  assert.equal(320, heightAfterRun(node("LoadImage", 320)));
  assert.ok(heightAfterRun(node("Wan27ImageToVideo", 538)) > 538 + 73);
});

test("a task of before says how its Run ended, or what the next one does", () => {
  const bought = { bought: true, notices: [] };
  const task = { state: "finished", host: "PPIO", price: "¥1.20", error: "", task_id: "ab-12" };
  const lines = {
    "Done · PPIO · about ¥1.20": {},
    "The next Run of this request collects task ab-12, free of charge.": {
      state: "running",
    },
    "Given up · The next Run of this request submits it again.": {
      state: "abandoned",
      error: "no face",
    },
    Submitting: { state: "submitting" },
  };
  for (const [line, change] of Object.entries(lines)) {
    assert.deepEqual({ line, tone: "done" }, taskStatus({ ...task, ...change }, bought));
  }
  const found = { bought: false, notices: ["cut"] };
  assert.equal("Done · nothing was bought · cut", taskStatus(task, found).line);
  const failed = taskStatus({ ...task, state: "failed", error: "no face" }, bought);
  assert.deepEqual({ line: "no face", tone: "error" }, failed);
  const lost = taskStatus({ ...task, state: "lost", error: "Gone." }, bought);
  assert.deepEqual([true, "error"], [lost.line.startsWith("This task was submitted"), lost.tone]);
});
