/** The modules that need no browser, with Node's own test runner. Each test's name is the sentence that it states. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { age } from "../../web/ages.mjs";
import { Costs } from "../../web/cost.mjs";
import { isSafe } from "../../web/elements.mjs";
import { idInOutput, idInStatus } from "../../web/task_ids.mjs";
import { TaskList, merge } from "../../web/task_list.mjs";
import { known, text, useTexts } from "../../web/texts.mjs";

const ids = (list) => list.map(({ id }) => id);
const rows = (...numbers) => numbers.map((id) => ({ id }));
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A server with `count` tasks, numbered from 1. */
function server(count) {
  let tasks = Array.from({ length: count }, (_, place) => ({ id: count - place }));
  const asked = [];
  const get = async (path) => {
    const query = new URLSearchParams(path.split("?")[1]);
    asked.push(path);
    const below = tasks.filter(({ id }) => id < Number(query.get("before") ?? Infinity));
    return { tasks: below.slice(0, 50), more: below.length > 50, today: ["¥3.00"] };
  };
  return { get, asked, forget: (id) => (tasks = tasks.filter((task) => task.id !== id)), add: (id) => tasks.unshift({ id }) };
}

test("ten thousand tasks come page by page, each once", async () => {
  const { get, asked } = server(10_000);
  const list = new TaskList(get);
  await list.renew(0);
  while (list.canExtend) await list.extend();
  assert.deepEqual([10_000, 10_000, 200], [list.tasks.length, new Set(ids(list.tasks)).size, asked.length]);
});

test("a new task appears at the top and what was loaded below stays", async () => {
  const there = server(120);
  const list = new TaskList(there.get);
  await list.renew(0);
  await list.extend();
  there.add(121);
  await list.renew(0);
  assert.deepEqual([121, 120, 21, 101], [list.tasks[0].id, list.tasks[1].id, list.tasks.at(-1).id, list.tasks.length]);
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
  const list = new TaskList(server(200).get);
  await list.renew(0);
  const first = list.extend();
  assert.equal(false, list.canExtend);
  await first;
  assert.equal(true, list.canExtend);
});

test("a cost is asked for once, after the user has stopped dragging", async () => {
  const asked = [];
  const timers = [];
  const costs = new Costs(async (question) => (asked.push(question), { text: "about ¥3.00" }), () => {}, (act) => timers.push(act));
  assert.deepEqual(["", "", ""], [costs.of("720P", 5), costs.of("720P", 5), costs.of("720P", 6)]);
  timers.forEach((act) => act());
  await settle();
  assert.deepEqual([1, 2, "about ¥3.00"], [timers.length, asked.length, costs.of("720P", 5)]);
});

test("an answer from before the settings changed is not shown", async () => {
  const timers = [];
  const answers = [];
  const costs = new Costs(() => new Promise((resolve) => answers.push(resolve)), () => {}, (act) => timers.push(act));
  costs.of("720P", 5);
  timers[0]();
  costs.forget();
  answers[0]({ text: "no API key" });
  await settle();
  assert.equal("", costs.of("720P", 5));
});

test("a text is in the user's language where there is one, and in English where not", () => {
  useTexts({ seconds: "{seconds} Sekunden" });
  assert.deepEqual(["5 Sekunden", "Close", undefined], [text("seconds", { seconds: 5 }), text("close"), known("WAN27_NEW")]);
  useTexts({});
});

test("a task's id is found in the line of status and in the name of the video", () => {
  assert.deepEqual(["ab-12", null], [idInStatus("done · nothing was bought · task ab-12 · a notice"), idInStatus("queued · Novita")]);
  const images = (subfolder) => ({ images: [{ filename: "ab-12.mp4", subfolder, type: "output" }] });
  assert.deepEqual(["ab-12", null, null], [idInOutput(images("wan27")), idInOutput(images("")), idInOutput(undefined)]);
});

test("an age is told in the largest whole unit", () => {
  const told = [0, 59, 60, 7200, 172_800].map((seconds) => age(1000, 1000 + seconds, "en"));
  assert.deepEqual(["now", "now", "1 min. ago", "2 hr. ago", "2 days ago"], told);
});

test("only https addresses are opened", () => {
  assert.deepEqual([true, false, false, false], ["https://a.example/x", "http://a.example", "javascript:alert(1)", ""].map(isSafe));
});
