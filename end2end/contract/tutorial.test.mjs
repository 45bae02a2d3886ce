// The simulator held against the public tutorial's examples, by a client in another language: what a reader of
// the tutorial would write must work here. Run with `node --test`.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { KEY, startSimulator } from "./simulator.mjs";

// --- What a reader of the tutorial has -------------------------------------------------------------------

/** The tutorial's small client: JSON in, JSON out, an error with the status otherwise. */
function clientOf(base, key = KEY) {
  return async function hiverRequest(path, options = {}) {
    const answer = await fetch(base + path, {
      ...options,
      headers: {
        Authorization: `Bearer ${key}`,
        "Content-Type": "application/json",
        ...options.headers,
      },
    });
    if (!answer.ok) throw new Error(`Hiver API ${answer.status}: ${await answer.text()}`);
    return answer.json();
  };
}

const json = (method, body) => ({ method, body: JSON.stringify(body) });

/** The loop over `next_cursor`. */
async function allOpenConversations(hiverRequest, mailboxId, limit = "100") {
  const found = [];
  for (let cursor = null; ; ) {
    const query = new URLSearchParams({ mailbox_id: mailboxId, status: "open", limit });
    if (cursor) query.set("cursor", cursor);
    const page = await hiverRequest(`/conversations?${query}`);
    found.push(...page.conversations);
    cursor = page.next_cursor ?? null;
    if (!cursor) return found;
  }
}

const RULES = [
  { keyword: "invoice", tag: "billing", assignee: "usr_01BILLING" },
  { keyword: "refund", tag: "billing", assignee: "usr_01BILLING" },
  { keyword: "login", tag: "technical", assignee: "usr_01TECH" },
  { keyword: "password", tag: "technical", assignee: "usr_01TECH" },
];

/** One round of "auto-assign by keyword": the first page of open conversations, nobody's, first rule wins. */
async function autoAssign(hiverRequest, mailboxId) {
  const tagIds = {};
  for (const name of new Set(RULES.map((rule) => rule.tag))) {
    const { tags } = await hiverRequest("/tags");
    tagIds[name] = tags.find((tag) => tag.name === name)?.id;
  }
  const { conversations } = await hiverRequest(
    `/conversations?mailbox_id=${mailboxId}&status=open&limit=100`,
  );
  const assigned = new Map();
  for (const conversation of conversations.filter((c) => !c.assignee)) {
    const subject = (conversation.subject ?? "").toLowerCase();
    const rule = RULES.find(({ keyword }) => subject.includes(keyword));
    if (!rule) continue;
    const on = `/conversations/${conversation.id}`;
    await Promise.all([
      hiverRequest(`${on}/assign`, json("POST", { user_id: rule.assignee })),
      hiverRequest(`${on}/tags`, json("POST", { tag_id: tagIds[rule.tag] })),
      hiverRequest(
        `${on}/notes`,
        json("POST", {
          body: `Auto-assigned: subject matched keyword "${rule.keyword}".`,
          type: "internal",
        }),
      ),
    ]);
    assigned.set(conversation.id, rule);
  }
  return assigned;
}

/** The retry wrapper: waits as told on 429, doubles on 5xx. `wait` gets milliseconds; tests only note them. */
function retryingClientOf(base, wait, retries = 3) {
  return async function hiverRequestWithRetry(path, options = {}) {
    for (let attempt = 0; attempt < retries; attempt += 1) {
      const answer = await fetch(base + path, {
        ...options,
        headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
      });
      if (answer.status === 429) {
        await answer.arrayBuffer();
        await wait(1000 * Number.parseInt(answer.headers.get("Retry-After") ?? "5", 10));
        continue;
      }
      if (answer.status >= 500 && attempt < retries - 1) {
        await answer.arrayBuffer();
        await wait(1000 * 2 ** attempt);
        continue;
      }
      if (!answer.ok) throw new Error(`Hiver API ${answer.status}`);
      return answer.json();
    }
    return undefined;
  };
}

// --- What it must find -----------------------------------------------------------------------------------

describe("the eleven calls", () => {
  let sim;
  let hiverRequest;
  let first;
  before(async () => {
    sim = await startSimulator("--tutorial-ids", "--rate", "0", "--conversations", "600");
    hiverRequest = clientOf(sim.base);
    first = (await hiverRequest("/conversations?limit=1")).conversations[0].id;
  });
  after(() => sim.stop());

  test("GET /mailboxes has the example's shape", async () => {
    const { mailboxes } = await hiverRequest("/mailboxes");
    assert.deepEqual(Object.keys(mailboxes[0]), ["id", "name", "email", "type"]);
    assert.equal(mailboxes[0].id, "mb_01HXYZ");
    assert.equal(mailboxes[0].name, "Support");
    assert.match(mailboxes[0].email, /^support@/);
    assert.equal(mailboxes[0].type, "shared");
  });

  test("GET /conversations lists what is open in a mailbox", async () => {
    const { conversations } = await hiverRequest(
      "/conversations?mailbox_id=mb_01HXYZ&status=open&limit=50",
    );
    assert.ok(conversations.length > 0 && conversations.length <= 50);
    const names = conversations.map((c) => c.assignee?.name ?? "unassigned");
    assert.ok(names.includes("unassigned"));
    assert.ok(names.some((name) => name !== "unassigned"));
    assert.ok(conversations.every((c) => c.id.startsWith("cnv_")));
  });

  test("GET /conversations/:id gives one", async () => {
    assert.equal((await hiverRequest(`/conversations/${first}`)).id, first);
  });

  test("POST /conversations/:id/assign", async () => {
    await hiverRequest(`/conversations/${first}/assign`, json("POST", { user_id: "usr_01HABC" }));
    assert.equal((await sim.conversation(first)).assignee, "usr_01HABC");
  });

  test("PUT /conversations/:id/status closes and reopens", async () => {
    for (const status of ["closed", "open", "pending"]) {
      await hiverRequest(`/conversations/${first}/status`, json("PUT", { status }));
      assert.equal((await sim.conversation(first)).status, status);
    }
    await assert.rejects(
      hiverRequest(`/conversations/${first}/status`, json("PUT", { status: "solved" })),
      /Hiver API 400: .*open, pending or closed/,
    );
  });

  test("POST /conversations/:id/notes", async () => {
    const body = "Auto-assigned to billing team based on subject keyword.";
    await hiverRequest(`/conversations/${first}/notes`, json("POST", { body, type: "internal" }));
    const { notes } = await sim.conversation(first);
    assert.deepEqual(notes.map((note) => note.body), [body]);
  });

  test("tags are listed, applied by id, and removed", async () => {
    const { tags } = await hiverRequest("/tags");
    const billing = tags.find((tag) => tag.name === "billing");
    const on = `/conversations/${first}/tags`;
    await hiverRequest(on, json("POST", { tag_id: billing.id }));
    assert.ok((await sim.conversation(first)).tags.includes(billing.id));
    await hiverRequest(`${on}/${billing.id}`, { method: "DELETE" });
    assert.ok(!(await sim.conversation(first)).tags.includes(billing.id));
  });

  test("POST /tags makes a tag once", async () => {
    const tag = await hiverRequest("/tags", json("POST", { name: "from the tutorial" }));
    assert.ok((await hiverRequest("/tags")).tags.some((other) => other.id === tag.id));
    await assert.rejects(
      hiverRequest("/tags", json("POST", { name: "From the tutorial" })),
      /Hiver API 400: .*already exists/,
    );
  });

  test("GET /users lists the agents", async () => {
    const { users } = await hiverRequest("/users");
    assert.ok(users.some((user) => user.id === "usr_01TECH"));
    assert.ok(users.every((user) => typeof user.name === "string"));
  });

  test("the loop over next_cursor reads every open conversation once", async () => {
    const { conversations: all } = await sim.control("GET", "/state");
    const open = all.filter((c) => c.mailbox_id === "mb_01HXYZ" && c.status === "open");
    const expected = open.map((c) => c.id);
    for (const limit of ["100", "7"]) {
      const found = await allOpenConversations(hiverRequest, "mb_01HXYZ", limit);
      assert.deepEqual(found.map((c) => c.id), expected);
    }
  });

  test("errors carry the documented codes", async () => {
    await assert.rejects(clientOf(sim.base, "wrong")("/mailboxes"), /Hiver API 401/);
    await assert.rejects(hiverRequest("/conversations/cnv_01NONE"), /Hiver API 404/);
    await assert.rejects(hiverRequest("/conversations?limit=101"), /Hiver API 400/);
    await sim.control("PUT", "/mailboxes/mb_01HXYZ", { access: "forbidden" });
    await assert.rejects(hiverRequest("/conversations?mailbox_id=mb_01HXYZ"), /Hiver API 403/);
    await sim.control("PUT", "/mailboxes/mb_01HXYZ", { access: "full" });
    await sim.control("PUT", "/key", { active: false });
    await assert.rejects(hiverRequest("/mailboxes"), /Hiver API 401: .*activated/);
    await sim.control("PUT", "/key", { active: true });
  });

  test("the health check may also see a bare array", async () => {
    await sim.control("PUT", "/wire", { bare_mailboxes: true });
    assert.ok(Array.isArray(await hiverRequest("/mailboxes")));
    await sim.control("PUT", "/wire", { bare_mailboxes: false });
  });
});

describe("auto-assign by keyword", () => {
  test("does exactly what its rules say, and nothing the second time", async () => {
    const sim = await startSimulator("--tutorial-ids", "--rate", "0", "--conversations", "0");
    try {
      const hiverRequest = clientOf(sim.base);
      const subjects = [
        ["Where is my INVOICE for March?", RULES[0]],
        ["Refund of an invoice", RULES[0]],
        ["I want my refund", RULES[1]],
        ["Cannot login", RULES[2]],
        ["Password forgotten", RULES[3]],
        ["My card has not arrived", undefined],
        [null, undefined],
      ];
      const expected = new Map();
      for (const [subject, rule] of subjects) {
        const made = await sim.control("POST", "/conversations", { mailbox_id: "mb_01HXYZ", subject });
        if (rule) expected.set(made.id, rule);
      }
      const refund = { mailbox_id: "mb_01HXYZ", subject: "refund" };
      const taken = { ...refund, assignee: "usr_01HABC" };
      const others = [taken, { ...refund, status: "closed" }, { ...refund, mailbox_id: "Cards" }];
      for (const other of others) await sim.control("POST", "/conversations", other);

      assert.deepEqual(await autoAssign(hiverRequest, "mb_01HXYZ"), expected);
      const state = await sim.control("GET", "/state");
      const tagNames = new Map(state.tags.map((tag) => [tag.id, tag.name]));
      for (const [id, rule] of expected) {
        const conversation = state.conversations.find((c) => c.id === id);
        assert.equal(conversation.assignee, rule.assignee);
        assert.deepEqual(conversation.tags.map((tag) => tagNames.get(tag)), [rule.tag]);
        assert.deepEqual(
          conversation.notes.map((note) => note.body),
          [`Auto-assigned: subject matched keyword "${rule.keyword}".`],
        );
      }
      assert.equal(state.totals.notes, expected.size);
      assert.equal((await autoAssign(hiverRequest, "mb_01HXYZ")).size, 0);
    } finally {
      await sim.stop();
    }
  });
});

describe("retry with backoff", () => {
  let sim;
  let waits;
  let request;
  before(async () => {
    sim = await startSimulator("--tutorial-ids", "--rate", "0", "--conversations", "10");
  });
  beforeEach(async () => {
    await sim.control("DELETE", "/ledger");
    await sim.control("DELETE", "/faults/next");
    waits = [];
    request = retryingClientOf(sim.base, async (ms) => waits.push(ms));
  });
  after(() => sim.stop());

  const failNext = (kind, count = 1) => sim.control("POST", "/faults/next", { kind, count });
  const statuses = async () => (await sim.ledger()).map((entry) => entry.status);

  test("a 429 is waited out as Retry-After says, or 5 seconds", async () => {
    await failNext("429");
    await failNext("429-bare");
    assert.ok((await request("/tags")).tags.length > 0);
    assert.deepEqual(waits, [1000, 5000]);
    assert.deepEqual(await statuses(), [429, 429, 200]);
  });

  test("a 5xx is tried again, each time after twice as long", async () => {
    await failNext("500-before", 2);
    assert.ok((await request("/tags")).tags.length > 0);
    assert.deepEqual(waits, [1000, 2000]);
    assert.deepEqual(await statuses(), [500, 500, 200]);
  });

  test("three 5xx are an error", async () => {
    await failNext("500-before", 3);
    await assert.rejects(request("/tags"), /Hiver API 500/);
  });

  test("a note whose answer was lost is written twice: why a careful client asks first", async () => {
    const { id } = await sim.control("POST", "/conversations", { mailbox_id: "Cards", subject: "x" });
    const note = json("POST", { body: "Hello", type: "internal" });
    await failNext("500-after");
    await request(`/conversations/${id}/notes`, note);
    assert.equal((await sim.conversation(id)).notes.length, 2);
  });

  test("a cut connection is no answer, yet it had its effect", async () => {
    const { id } = await sim.control("POST", "/conversations", { mailbox_id: "Cards", subject: "x" });
    await failNext("cut");
    await assert.rejects(
      request(`/conversations/${id}/status`, json("PUT", { status: "closed" })),
      TypeError,
    );
    assert.equal((await sim.conversation(id)).status, "closed");
    const [entry] = await sim.ledger();
    assert.deepEqual(
      [entry.status, entry.fault, entry.effect.kind, entry.effect.changed],
      ["cut", "cut", "status", true],
    );
  });

  test("the real limit refuses the second of two at once and says how long to wait", async () => {
    await sim.control("PUT", "/rate", { per_second: 0.5 });
    const hiverRequest = clientOf(sim.base);
    await hiverRequest("/tags");
    const refused = await fetch(`${sim.base}/tags`, { headers: { Authorization: `Bearer ${KEY}` } });
    await sim.control("PUT", "/rate", { per_second: 0 });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("Retry-After"), "2");
  });
});

describe("the command line", () => {
  test("SIGTERM ends it well", async () => {
    const sim = await startSimulator("--conversations", "0");
    assert.deepEqual(await sim.stop(), { code: 0, signal: null });
  });

  test("--sparse rows carry only what the examples show, --times adds the times", async () => {
    const sim = await startSimulator("--sparse", "--times", "--conversations", "50", "--rate", "0");
    try {
      const { conversations } = await clientOf(sim.base)("/conversations");
      const assigned = conversations.find((c) => c.assignee);
      assert.deepEqual(Object.keys(assigned), ["id", "subject", "assignee", "created_at", "updated_at"]);
      assert.deepEqual(Object.keys(assigned.assignee), ["name"]);
      assert.ok(Number.isFinite(Date.parse(assigned.created_at)));
    } finally {
      await sim.stop();
    }
  });

  test("--inactive-key and --fault", async () => {
    const sim = await startSimulator("--inactive-key", "--fault", "429=0.5", "--fault", "html=0.25");
    try {
      await assert.rejects(clientOf(sim.base)("/mailboxes"), /Hiver API 401: .*activated/);
      const { by_chance } = await sim.control("GET", "/faults");
      assert.deepEqual(by_chance, { 429: 0.5, html: 0.25 });
    } finally {
      await sim.stop();
    }
  });
});
