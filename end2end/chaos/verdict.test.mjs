// Whether a verdict would notice: small evidence, made up, with one thing wrong at a time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { judge } from "./verdict.mjs";

const NOTE = { conversation: "c1", kind: "add_note", value: "seen" };
const TAG = { conversation: "c1", kind: "add_tag", value: "t1" };
const STOPPED = "the console stopped while the note was on its way";
const SERVER = "Hiver had an error while it took the note";

/** One run of a note and a tag, both sent at 1,000 and answered at 1,010, all well; and a later life. */
function evidence(adjust = () => {}) {
  const account = (seq, { conversation, kind, value }) => ({
    seq,
    conversation,
    change: { kind, value },
    outcome: "done",
    reason: null,
    attempts: 1,
    sent_at: 1_000,
  });
  const request = (n, path, body, kind) => ({
    n,
    at_ms: 1_000,
    done_ms: 1_010,
    method: "POST",
    path: `/api/v1/conversations/c1/${path}`,
    body,
    status: 200,
    answer: "complete",
    fault: null,
    effect: { kind, conversation: "c1" },
  });
  const looks = { id: "c1", subject: "s", mailbox_id: "m", status: "open", assignee: null };
  const state = (tags, notes) => ({ ...looks, tags, notes });
  const all = {
    options: { kills: 1, changes: 2, seed: 1 },
    runs: [{ id: 7, name: "run", changes: [NOTE, TAG] }],
    initial: [state([], [])],
    final: [state(["t1"], [{ body: "seen" }])],
    requests: [request(1, "notes", { body: "seen" }, "note"), request(2, "tags", { tag_id: "t1" }, "tag")],
    forgotten: 0,
    lives: [{ spawned: 900, readyAfter: 5, killedFrom: 1_020, killedUntil: 1_025 }, { spawned: 1_030, readyAfter: 5 }],
    accounts: [{ id: 7, state: "finished", outcomes: { done: 2 }, changes: [account(1, NOTE), account(2, TAG)] }],
    simulatorAhead: 0,
  };
  const [note, tag] = all.accounts[0].changes;
  adjust({ all, note, tag, sent: all.requests[0], tagged: all.requests[1], is: all.final[0] });
  const outcomes = {};
  for (const { outcome } of all.accounts[0]?.changes ?? []) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  if (all.accounts[0]) all.accounts[0].outcomes = outcomes;
  return all;
}

const unheard = (sent) => Object.assign(sent, { answer: "unheard", done_ms: 1_030 });
const uncertain = (note, reason) => Object.assign(note, { outcome: "uncertain", reason });
const never = (all) => all.requests.shift();
const noNote = ({ is, sent }) => {
  is.notes = [];
  delete sent.effect;
};

const FINE = {
  "all well": () => {},
  "a note on its way at the kill is uncertain": ({ note, sent }) => {
    unheard(sent);
    uncertain(note, STOPPED);
  },
  "one whose answer came right before the kill may be": ({ note }) => uncertain(note, STOPPED),
  "one that never arrived before the kill is": (it) => {
    noNote(it);
    never(it.all);
    uncertain(it.note, STOPPED);
  },
  "one that was answered 500 is": (it) => {
    noNote(it);
    it.sent.status = 500;
    uncertain(it.note, SERVER);
  },
  "one that was refused is sent again": ({ all, sent }) => {
    all.requests.unshift({ ...sent, n: 0, at_ms: 950, done_ms: 951, status: 429, effect: undefined });
  },
};

const WRONG = {
  "a note twice in Hiver": ["doubled", ({ is }) => is.notes.push({ body: "seen" })],
  "a note that was sent twice": ["wrong", ({ all, sent }) => all.requests.push({ ...sent, n: 3, effect: undefined })],
  "a note that is done but not there": ["lost", noNote],
  "a note that failed but is there": ["wrong", ({ note }) => Object.assign(note, { outcome: "failed", reason: "x" })],
  "a note that is done though nobody heard of it": ["wrong", ({ sent }) => unheard(sent)],
  "a note that is done though 500 was answered": ["wrong", ({ sent }) => (sent.status = 500)],
  "a note that is uncertain though the answer came long before": [
    "wrong",
    ({ all, note }) => {
      Object.assign(all.lives[0], { killedFrom: 5_000, killedUntil: 5_001 });
      all.lives[1].spawned = 5_002;
      uncertain(note, STOPPED);
    },
  ],
  "a note that is uncertain in a life that nobody killed": [
    "wrong",
    ({ all, note }) => {
      Object.assign(all.lives[0], { killedFrom: 950, killedUntil: 951 });
      all.lives[1].spawned = 960;
      uncertain(note, STOPPED);
    },
  ],
  "a note that is uncertain for another reason": [
    "wrong",
    (it) => {
      noNote(it);
      it.sent.status = 500;
      uncertain(it.note, "because");
    },
  ],
  "a note that is uncertain and says no time": [
    "wrong",
    ({ note }) => Object.assign(uncertain(note, STOPPED), { sent_at: null }),
  ],
  "a note that was taken up again": [
    "wrong",
    ({ all, note, sent }) => {
      sent.status = 500;
      all.lives[1].killedFrom = all.lives[1].killedUntil = 2_000;
      all.options.kills = 2;
      Object.assign(uncertain(note, STOPPED), { sent_at: 1_500 });
    },
  ],
  "what was heard is not told": ["wrong", ({ sent }) => (sent.answer = "perhaps")],
  "a tag that is done but not there": ["lost", ({ is }) => (is.tags = [])],
  "a tag that failed but is there": ["wrong", ({ tag }) => Object.assign(tag, { outcome: "failed", reason: "x" })],
  "a tag that is uncertain": ["wrong", ({ tag }) => (tag.outcome = "uncertain")],
  "a change that is left sending": ["lost", ({ tag }) => (tag.outcome = "sending")],
  "a change without an account": ["lost", ({ all }) => all.accounts[0].changes.pop()],
  "a run without an account": ["lost", ({ all }) => all.accounts.pop()],
  "a run that is not over": ["lost", ({ all }) => (all.accounts[0].state = "running")],
  "a request that nobody planned": ["wrong", ({ all, sent }) => all.requests.push({ ...sent, path: "/api/v1/tags" })],
  "a request without its intent": ["wrong", ({ tag }) => (tag.attempts = 0)],
  "a request that is not answered": ["wrong", ({ tagged }) => Object.assign(tagged, { answer: null, status: null })],
  "another field that changed": ["wrong", ({ is }) => (is.status = "closed")],
  "a tag that nobody planned": ["wrong", ({ is }) => is.tags.push("t2")],
  "a note that nobody planned": ["wrong", ({ is }) => is.notes.push({ body: "other" })],
  "a conversation that is gone": ["wrong", ({ all }) => all.final.pop()],
  "a ledger with a gap": ["wrong", ({ all }) => (all.forgotten = 1)],
  "fewer kills than were asked for": ["wrong", ({ all }) => (all.options.kills = 2)],
};

for (const [name, adjust] of Object.entries(FINE)) {
  test(`fine: ${name}`, () => assert.deepEqual(judge(evidence(adjust)).offences, []));
}

for (const [name, [kind, adjust]] of Object.entries(WRONG)) {
  test(`${kind}: ${name}`, () => {
    const kinds = judge(evidence(adjust)).offences.map((offence) => offence.kind);
    assert.ok(kinds.includes(kind), JSON.stringify(kinds));
  });
}
