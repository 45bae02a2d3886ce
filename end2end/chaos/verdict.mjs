// Holds what the console says against what Hiver has. A pure function of the evidence; what cannot be told is wrong.

import { changeOf, fieldOf, keyOf, valueOf, wished } from "./keys.mjs";
import { judgeNote } from "./notes.mjs";

const FINAL = new Set(["done", "unchanged", "failed", "uncertain"]);

/** Offences, each with its kind, the change and what speaks against it; and the numbers for the table. */
export function judge(evidence) {
  const offences = [];
  const offend = (kind, what, about = {}) => void offences.push({ kind, what, ...about });
  const { options, lives, runs, accounts } = evidence;

  const kills = lives.filter(({ killedFrom }) => killedFrom !== undefined).length;
  if (kills !== options.kills) offend("wrong", `${kills} kills instead of ${options.kills}: the runs were over before`);
  if (evidence.forgotten > 0) offend("wrong", `the ledger has forgotten ${evidence.forgotten} requests`);

  const planned = new Map();
  for (const run of runs) {
    for (const change of run.changes) {
      planned.set(keyOf(change), { ...change, run: run.id, name: run.name, requests: [] });
    }
  }
  if (planned.size !== options.changes) offend("wrong", `${planned.size} changes planned, not ${options.changes}`);

  const requests = evidence.requests.map((request) => inSystemTime(request, evidence.simulatorAhead));
  assignRequests(requests, planned, offend);
  assignAccounts(accounts, runs, planned, offend);

  const uncertain = { must: 0, may: 0, actual: 0, forgotten: [] };
  const before = byId(evidence.initial);
  const after = byId(evidence.final);
  for (const change of planned.values()) {
    if (!change.account) offend("lost", "the console has no account of it", { change });
    else if (!FINAL.has(change.account.outcome)) offend("lost", `left ${change.account.outcome}`, { change });
    else judgeSending(change, offend);
    if (change.kind === "add_note") countNote(change, { lives, after, uncertain, offend });
    else if (change.account?.outcome === "uncertain") offend("wrong", "uncertain, though no note", { change });
  }
  judgeStates({ before, after, planned, offend });
  return { offences, kills, uncertain, planned: [...planned.values()], requests };
}

const byId = (conversations) => new Map(conversations.map((conversation) => [conversation.id, conversation]));

function inSystemTime(request, ahead) {
  return { ...request, at_ms: request.at_ms - ahead, done_ms: request.done_ms && request.done_ms - ahead };
}

/** Every request that may change something belongs to a change that was planned. */
function assignRequests(requests, planned, offend) {
  for (const request of requests) {
    if (request.answer === undefined) throw new Error("the simulator does not tell what was heard: build it again");
    if (request.answer === null) offend("wrong", `request ${request.n} was never carried out`, { request });
    if (request.method === "GET") continue;
    const change = changeOf(request);
    const known = change && planned.get(keyOf(change));
    if (known) known.requests.push(request);
    else offend("wrong", "nobody planned this request", { request });
  }
}

/** Every change of the console's account was planned, and in that run. */
function assignAccounts(accounts, runs, planned, offend) {
  const byNumber = new Map(accounts.map((account) => [account.id, account]));
  for (const run of runs) {
    const account = byNumber.get(run.id);
    if (!account) {
      offend("lost", `${run.name}: the console has no account of run ${run.id}`);
      continue;
    }
    if (account.state !== "finished") offend("lost", `${run.name}: run ${run.id} is ${account.state}`);
    const counted = {};
    for (const row of account.changes) {
      counted[row.outcome] = (counted[row.outcome] ?? 0) + 1;
      const known = planned.get(keyOf({ conversation: row.conversation, ...row.change }));
      if (known?.run === run.id && !known.account) known.account = row;
      else offend("wrong", `run ${run.id} has a change that was not planned`, { row });
    }
    for (const outcome of new Set([...Object.keys(counted), ...Object.keys(account.outcomes)])) {
      const [said, is] = [account.outcomes[outcome] ?? 0, counted[outcome] ?? 0];
      if (said !== is) offend("wrong", `run ${run.id} counts ${said} ${outcome}, but shows ${is}`);
    }
  }
}

/** Nothing is sent before it is on disk, and what is on disk as not sent was not. */
function judgeSending(change, offend) {
  const { account, requests } = change;
  const taken = requests.filter(({ status }) => status !== 429);
  if (taken.length > account.attempts) {
    offend("wrong", `${taken.length} requests were not refused, with ${account.attempts} attempts on disk`, { change });
  }
  if (account.outcome === "unchanged") offend("wrong", "unchanged, though it was a change", { change });
  if (account.outcome === "failed" && !account.reason) offend("wrong", "failed without a reason", { change });
}

function countNote(change, { lives, after, uncertain, offend }) {
  const { account, requests, conversation, value } = change;
  const inHiver = after.get(conversation)?.notes.filter(({ body }) => body === value).length ?? 0;
  if (!account) {
    if (inHiver > 1) offend("doubled", `${inHiver} times in Hiver`, { change });
    return;
  }
  const at = account.sent_at;
  const life = lives.find(({ spawned, killedUntil = Infinity }) => spawned <= at && at <= killedUntil);
  const { wrong, must, may, forgotten } = judgeNote({ account, requests, life, inHiver });
  for (const [kind, what] of wrong) offend(kind, what, { change, life: life && lives.indexOf(life) });
  uncertain.must += must;
  uncertain.may += may;
  uncertain.actual += account.outcome === "uncertain";
  if (forgotten !== undefined) uncertain.forgotten.push(forgotten);
}

/** Every field of every conversation is as before, or as the one change of it that is done wished. */
function judgeStates({ before, after, planned, offend }) {
  const changes = new Map();
  for (const change of planned.values()) {
    const of = changes.get(change.conversation) ?? new Map();
    changes.set(change.conversation, of.set(fieldOf(change), change));
  }
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id), after.get(id)];
    if (!was || !is) {
      offend("wrong", `${id} was ${was ? "deleted" : "made"}`);
      continue;
    }
    const wishes = changes.get(id) ?? new Map();
    const tags = [...was.tags, ...is.tags].map((tag) => `tag ${tag}`);
    const fields = new Set(["assign", "status", "subject", "mailbox_id", ...tags, ...wishes.keys()]);
    for (const field of fields) {
      if (!field.startsWith("note ")) judgeField({ id, field, change: wishes.get(field), was, is }, offend);
    }
    for (const { body } of is.notes) {
      const known = wishes.has(`note ${body}`) || was.notes.some((note) => note.body === body);
      if (!known) offend("wrong", `${id} has a note that nobody planned: ${body}`);
    }
  }
}

function judgeField({ id, field, change, was, is }, offend) {
  const outcome = change?.account?.outcome;
  const [before, now] = [valueOf(was, field), valueOf(is, field)];
  if (now === (outcome === "done" ? wished(change) : before)) return;
  if (!change) offend("wrong", `${field} of ${id} became \`${now}\`, which nobody planned`);
  else if (outcome === "done") offend("lost", `done, but in Hiver it is \`${now}\``, { change });
  else offend("wrong", `${outcome ?? "without an account"}, but in Hiver it is made`, { change });
}
