// What a harness needs of the simulator: trouble on demand, and a ledger that tells exactly what became of each
// write. Run with `node --test`. Nothing here waits for time to pass: the simulator's clock is set forward.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { KEY, startSimulator } from "./simulator.mjs";

const HOUR_MS = 3_600_000;

/** One request, with all that came back; `signal` gives it up. */
async function ask(sim, method, path, body, { key = KEY, signal } = {}) {
  const answer = await fetch(sim.base + path, {
    method,
    signal,
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

const get = (sim, path) => ask(sim, "GET", path);
const status = async (sim, path) => (await get(sim, path)).status;
const note = (sim, id, body, options) =>
  ask(sim, "POST", `/conversations/${id}/notes`, { body, type: "internal" }, options);
const failNext = (sim, kind) => sim.control("POST", "/faults/next", { kind });
const advance = (sim, ms) => sim.control("POST", "/clock", { advance_ms: ms });

/** Looks again until it is so. */
async function until(look) {
  for (;;) {
    const found = await look();
    if (found) return found;
  }
}

const waiting = (sim, count) => until(async () => (await sim.control("GET", "/hold")).waiting >= count);

describe("faults and the ledger", () => {
  let sim;
  let id;
  let other;
  before(async () => {
    sim = await startSimulator("--rate", "0", "--conversations", "0", "--slow-ms", String(HOUR_MS));
  });
  beforeEach(async () => {
    await sim.control("DELETE", "/ledger");
    ({ id } = await sim.control("POST", "/conversations", { mailbox_id: "Cards", subject: "x" }));
    ({ id: other } = await sim.control("POST", "/conversations", { mailbox_id: "Cards" }));
  });
  after(() => sim.stop());

  test("the ledger tells which notes were made, and what was heard of them", async () => {
    const kinds = ["500-before", "500-after", "cut", "cut-before", "html", "truncated", "other-id"];
    for (const kind of kinds) {
      await failNext(sim, kind);
      await note(sim, id, kind).catch((error) => assert.ok(error instanceof TypeError, kind));
    }
    await note(sim, id, "well");
    const { requests, notes } = await sim.control("GET", "/ledger");
    const told = requests.map((entry) => [
      entry.body.body,
      entry.status,
      entry.answer,
      entry.effect?.changed === true,
    ]);
    assert.deepEqual(told, [
      ["500-before", 500, "complete", false],
      ["500-after", 500, "complete", true],
      ["cut", "cut", "none", true],
      ["cut-before", "cut", "none", false],
      ["html", 200, "spoiled", false],
      ["truncated", 200, "spoiled", true],
      ["other-id", 200, "spoiled", true],
      ["well", 200, "complete", true],
    ]);
    const made = requests.filter((entry) => entry.effect).map((entry) => entry.n);
    assert.deepEqual(notes[id].map((written) => written.request), made);
    assert.deepEqual(requests.map((entry) => entry.fault), [...kinds, null]);
  });

  test("a truncated answer is a valid message with half its JSON", async () => {
    await failNext(sim, "truncated");
    const answer = await note(sim, id, "Hello");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("Content-Length"), String(Buffer.byteLength(answer.text)));
    assert.throws(() => JSON.parse(answer.text), SyntaxError);
    assert.equal((await sim.conversation(id)).notes.length, 1);
  });

  test("an answer can name another conversation, of a read and of a write", async () => {
    await failNext(sim, "other-id");
    assert.equal(JSON.parse((await get(sim, `/conversations/${id}`)).text).id, other);
    await failNext(sim, "other-id");
    const answer = await ask(sim, "PUT", `/conversations/${id}/status`, { status: "closed" });
    assert.equal(JSON.parse(answer.text).id, other);
    assert.equal((await sim.conversation(id)).status, "closed");
    assert.equal((await sim.conversation(other)).status, "open");
  });

  test("a slow answer comes, complete and correct, when its time is over", async () => {
    await failNext(sim, "slow");
    const asked = note(sim, id, "Hello");
    await waiting(sim, 1);
    assert.equal((await sim.conversation(id)).notes.length, 0);
    assert.equal(await status(sim, "/tags"), 200);
    await advance(sim, HOUR_MS);
    const answer = await asked;
    assert.equal(JSON.parse(answer.text).conversation_id, id);
    const [entry] = await sim.ledger();
    assert.deepEqual(
      [entry.status, entry.answer, entry.fault, entry.effect.changed],
      [200, "complete", "slow", true],
    );
    assert.ok(entry.done_ms - entry.at_ms >= HOUR_MS);
  });

  test("who gives up on a slow answer hears nothing, though it happens", async () => {
    await failNext(sim, "slow");
    const giveUp = new AbortController();
    const asked = note(sim, id, "Hello", { signal: giveUp.signal });
    await waiting(sim, 1);
    giveUp.abort();
    await assert.rejects(asked, { name: "AbortError" });
    await until(async () => (await sim.ledger())[0].answer === "unheard");
    await advance(sim, HOUR_MS);
    const entry = await until(async () => (await sim.ledger()).find((one) => one.status === 200));
    assert.deepEqual([entry.answer, entry.effect.changed], ["unheard", true]);
    assert.equal((await sim.conversation(id)).notes.length, 1);
  });
});

describe("the day's limit", () => {
  test("refuses everything beyond it until the oldest request is a day old", async () => {
    const sim = await startSimulator("--rate", "0", "--conversations", "0", "--per-day", "2");
    try {
      assert.equal(await status(sim, "/tags"), 200);
      await advance(sim, 10 * HOUR_MS);
      assert.equal(await status(sim, "/tags"), 200);
      assert.deepEqual(await sim.control("GET", "/day"), { per_day: 2, used: 2 });
      const refused = await get(sim, "/tags");
      assert.equal(refused.status, 429);
      const wait = Number(refused.headers.get("Retry-After"));
      // Less than a minute of real time has passed since the first one.
      assert.ok(wait <= 14 * 3_600 && wait > 14 * 3_600 - 60, `${wait}`);
      await failNext(sim, "429-bare");
      assert.equal((await get(sim, "/tags")).headers.get("Retry-After"), null);
      assert.deepEqual(
        (await sim.ledger()).map((entry) => [entry.status, entry.limit, entry.fault]),
        [
          [200, undefined, null],
          [200, undefined, null],
          [429, "day", null],
          [429, "day", "429-bare"],
        ],
      );
      await advance(sim, wait * 1_000);
      assert.equal(await status(sim, "/tags"), 200);
      assert.equal(await status(sim, "/tags"), 429);
      await sim.control("PUT", "/day", { per_day: 0 });
      assert.equal(await status(sim, "/tags"), 200);
    } finally {
      await sim.stop();
    }
  });

  test("the clock moves the rate limit, too", async () => {
    const sim = await startSimulator("--rate", "0.001", "--conversations", "0");
    try {
      assert.equal(await status(sim, "/tags"), 200);
      assert.equal((await get(sim, "/tags")).headers.get("Retry-After"), "1000");
      const clock = await advance(sim, 1_000_000);
      assert.equal(clock.advanced_ms, 1_000_000);
      assert.equal((await sim.control("GET", "/clock")).advanced_ms, 1_000_000);
      assert.equal(await status(sim, "/tags"), 200);
    } finally {
      await sim.stop();
    }
  });
});

describe("what others do meanwhile", () => {
  let sim;
  let id;
  let users;
  let tags;
  // One for each: what was deleted does not come back.
  beforeEach(async () => {
    sim = await startSimulator("--rate", "0", "--conversations", "0");
    ({ users, tags } = await sim.control("GET", "/state"));
    ({ id } = await sim.control("POST", "/conversations", { mailbox_id: "Cards", tags: ["vip"] }));
  });
  afterEach(() => sim.stop());

  const write = async (method, rest, body) =>
    (await ask(sim, method, `/conversations/${id}${rest}`, body)).status;

  test("the key is revoked at the third request from now on, until it is replaced", async () => {
    const { waiting: scheduled } = await sim.control("POST", "/at", { request: 3, do: "revoke_key" });
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push(await status(sim, "/tags"));
    assert.deepEqual(statuses, [200, 200, 401, 401]);
    const { waiting: left, done } = await sim.control("GET", "/at");
    assert.deepEqual([left.length, done[0].n, done[0].do], [0, scheduled[0].n, "revoke_key"]);
    const refused = (await sim.ledger(done[0].n - 1)).map((entry) => entry.status);
    assert.deepEqual(refused, [401, 401]);
    assert.deepEqual(await sim.control("PUT", "/key", { key: KEY }), { active: true, revoked: false });
    assert.equal(await status(sim, "/tags"), 200);
  });

  test("a user, a tag and a conversation are deleted right before a request", async () => {
    const [user] = users;
    const tag = tags.find(({ name }) => name === "vip");
    await sim.control("POST", "/at", { request: 2, do: "delete_user", id: user.id });
    await sim.control("POST", "/at", { request: 4, do: "delete_tag", id: tag.id });
    await sim.control("POST", "/at", { request: 5, do: "delete_conversation", id });
    assert.equal(await write("POST", "/assign", { user_id: user.id }), 200);
    assert.equal(await write("POST", "/assign", { user_id: user.id }), 400);
    assert.equal(await write("POST", "/tags", { tag_id: tag.id }), 200);
    assert.equal(await write("DELETE", `/tags/${tag.id}`), 404);
    assert.equal(await write("PUT", "/status", { status: "closed" }), 404);
    const { users: listed } = JSON.parse((await get(sim, "/users")).text);
    assert.ok(!listed.some((other) => other.id === user.id));
    const page = JSON.parse((await get(sim, "/conversations?limit=100")).text);
    assert.ok(!page.conversations.some((other) => other.id === id));
  });

  test("a colleague changes a conversation, at once and at a request", async () => {
    const user = users.at(-1);
    const assign = { do: "assign", id, user_id: user.id };
    assert.deepEqual(await sim.control("POST", "/do", assign), assign);
    await sim.control("POST", "/at", { request: 1, do: "set_status", id, status: "pending" });
    await sim.control("POST", "/at", { request: 1, do: "remove_tag", id, tag_id: "vip" });
    const row = JSON.parse((await get(sim, `/conversations/${id}`)).text);
    assert.deepEqual([row.status, row.assignee.id, row.tags], ["pending", user.id, []]);
    await sim.control("PUT", `/conversations/${id}`, { assignee: null, tags: ["fraud"] });
    const { assignee, tags: now } = await sim.conversation(id);
    assert.deepEqual([assignee, now.length], [null, 1]);
  });

  test("what is not there cannot be scheduled, and a slip is told", async () => {
    const wrong = (body) => sim.control("POST", "/at", { request: 1, ...body });
    await assert.rejects(wrong({ do: "delete_tag", id: "none" }), /404 .*no tag `none`/);
    await assert.rejects(wrong({ do: "assign", id, user: null }), /: 400 /);
    await assert.rejects(wrong({ request: 0, do: "revoke_key" }), /: 400 .*`request` cannot be 0/);
    assert.deepEqual(await sim.control("GET", "/at"), { waiting: [], done: [] });
  });
});

test("--slow-ms, --per-day and the new faults are taken by the command line", async () => {
  const faults = ["--fault", "slow=0.25", "--fault", "other-id=0.5"];
  const sim = await startSimulator("--conversations", "0", "--per-day", "7", "--slow-ms", "1", ...faults);
  try {
    assert.deepEqual((await sim.control("GET", "/faults")).by_chance, { slow: 0.25, "other-id": 0.5 });
    assert.deepEqual(await sim.control("GET", "/day"), { per_day: 7, used: 0 });
    assert.deepEqual(await sim.control("PUT", "/slow", { ms: 3 }), { ms: 3 });
  } finally {
    await sim.stop();
  }
});
