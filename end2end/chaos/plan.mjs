// What is wished for: runs, and how the account has to look before, so that every one of their changes is a change.
//
// No two runs touch the same field of a conversation. So what Hiver shows in the end can be told apart for each
// change, whatever order they were made in.

import { Random } from "./random.mjs";

const STATUSES = ["open", "pending", "closed"];
/** A run of at most 20 requests goes ahead of the big ones: four conversations with five changes each. */
const SMALL_CONVERSATIONS = 4;
const CHANGES_EACH = 5;
const LARGEST_BLOCK = 400;
/** With two changes to each conversation, still too big to go ahead. */
const SMALLEST_BLOCK = 15;

/** How many small runs there are: a twentieth of the changes. */
const smallRuns = (changes) => Math.max(2, Math.round(changes / 20 / (SMALL_CONVERSATIONS * CHANGES_EACH)));

/** How many conversations an account needs for so many changes. */
export const conversationsFor = (changes) => changes / CHANGES_EACH - smallRuns(changes) * SMALL_CONVERSATIONS;

/**
 * The plan over an account. `big` runs start at once, `small` ones while those are on; `before` is how each
 * conversation has to look, by id.
 */
export function planFor({ changes, seed }, { conversations, users, tags }) {
  const random = new Random(seed, "plan");
  const ids = random.shuffled(conversations.map(({ id }) => id)).slice(0, conversationsFor(changes));
  const userIds = users.map(({ id }) => id);
  const tagIds = tags.map(({ id }) => id);
  const before = new Map();
  const first = [];
  const second = [];
  const blocks = blocksOf(ids).map((block, number) => {
    const [add, remove, add1, add2, remove1, remove2, ...others] = random.shuffled(tagIds);
    const user = random.pick(userIds);
    const status = random.pick(STATUSES);
    for (const id of block) {
      before.set(id, {
        status: random.pick(STATUSES.filter((other) => other !== status)),
        assignee: random.pick([null, ...userIds.filter((other) => other !== user)]),
        tags: [remove, remove1, remove2, ...others.filter(() => random.fraction() < 0.2)],
      });
    }
    const note = `Chaos ${seed}: block ${number} was looked at.`;
    first.push(run(`block ${number}, first`, block, { assign: user, add_tags: [add], note }));
    second.push(run(`block ${number}, second`, block, { remove_tags: [remove], set_status: status }));
    const spare = random.shuffled(block);
    return { spare, actions: { add_tags: [add1, add2], remove_tags: [remove1, remove2] } };
  });
  const small = Array.from({ length: smallRuns(changes) }, (_, number) => {
    const { spare, actions } = blocks[number % blocks.length];
    const chosen = spare.splice(0, SMALL_CONVERSATIONS);
    return run(`small ${number}`, chosen, { ...actions, note: `Chaos ${seed}: small run ${number} was here.` });
  });
  return { before, big: interleaved(random.shuffled(first), random.shuffled(second)), small };
}

/** Those with notes begin, so that the kills, which end before the work does, meet both kinds alike. */
const interleaved = (first, second) => first.flatMap((run, number) => [run, second[number]]);

function blocksOf(ids) {
  const count = Math.ceil(ids.length / LARGEST_BLOCK) + (ids.length >= 2 * SMALLEST_BLOCK ? 1 : 0);
  const size = Math.ceil(ids.length / count);
  return Array.from({ length: count }, (_, number) => ids.slice(number * size, (number + 1) * size));
}

function run(name, conversations, actions) {
  const each = [
    ...[actions.assign ?? []].flat().map((value) => ({ kind: "assign", value })),
    ...(actions.add_tags ?? []).map((value) => ({ kind: "add_tag", value })),
    ...(actions.remove_tags ?? []).map((value) => ({ kind: "remove_tag", value })),
    ...[actions.set_status ?? []].flat().map((value) => ({ kind: "set_status", value })),
    ...[actions.note ?? []].flat().map((value) => ({ kind: "add_note", value })),
  ];
  const changes = conversations.flatMap((conversation) => each.map((change) => ({ conversation, ...change })));
  return { name, conversations, actions, changes };
}
