// Whoever types a condition of a rule sees what it fits: from the request that a key sends to the count in its answer, over a
// mirror of 100,000 conversations.

import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "node:http";

import { ask, consoleCommand, main, ms, signIn, startConsole, startSimulator, synced } from "./support.mjs";

const CONVERSATIONS = Number(process.env.BENCH_CONVERSATIONS ?? 100_000);
const TARGET_MS = 150;
const ENV = { HIVER_REQUESTS_PER_SECOND: "1000" };

const RULE = {
  id: "bench",
  name: "Bench",
  when: ["on_demand"],
  conditions: {
    all: [
      { text: { test: "contains", texts: ["card"] } },
      { status: ["open", "pending"] },
      { none: [{ text: { test: "regex", texts: ["top.?up"] } }] },
    ],
  },
  actions: { set_status: "pending" },
};
const TYPED = ["why was my card charged twice", "refund", "transfer to another account"];

/** What the form of a page would send, as pairs. */
function fields(html) {
  const form = html.match(/<form[^>]*action="\/rules\/bench"[^>]*>.*?<\/form>/s)?.[0];
  if (!form) throw new Error("the page of the rule has no form");
  const attribute = (tag, name) => tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1];
  const pairs = [];
  for (const [tag, name] of form.matchAll(/<input\s[^>]*?name="([^"]+)"[^>]*>/g)) {
    const ticks = /type="(radio|checkbox)"/.test(tag);
    if (!ticks || /\schecked/.test(tag)) pairs.push([name, attribute(tag, "value") ?? ""]);
  }
  for (const [, name, options] of form.matchAll(/<select\s[^>]*?name="([^"]+)"[^>]*>(.*?)<\/select>/gs)) {
    const all = [...options.matchAll(/<option\s[^>]*>/g)].map(([tag]) => tag);
    const chosen = all.find((tag) => /\sselected/.test(tag)) ?? all[0] ?? "";
    pairs.push([name, attribute(chosen, "value") ?? ""]);
  }
  for (const [, name, text] of form.matchAll(/<textarea\s[^>]*?name="([^"]+)"[^>]*>(.*?)<\/textarea>/gs)) {
    pairs.push([name, text.replace(/^\n/, "")]);
  }
  return pairs;
}

await main(300_000, async () => {
  const sim = await startSimulator(CONVERSATIONS);
  const agent = new Agent({ keepAlive: true });
  const { url, name, password } = await startConsole(sim, ENV);
  const cookie = await signIn(agent, url, name, password);
  await synced(agent, url, cookie, CONVERSATIONS, 180_000);
  const document = join(tmpdir(), `hiver-console-bench-rule-${process.pid}.json`);
  writeFileSync(document, JSON.stringify({ version: 1, rules: [RULE] }));
  await consoleCommand(sim, ["rules", "import", document], ENV);

  const page = await ask(agent, url, "/rules/bench", { headers: { cookie, accept: "text/html" } });
  const still = fields(page.body.toString());
  const texts = still.find(([field, value]) => value === "card")?.[0];
  if (!texts) throw new Error("the page of the rule does not show its text");
  const times = [];
  const counts = new Set();
  for (const text of TYPED) {
    for (let length = 1; length <= text.length; length += 1) {
      const pairs = still.map(([field, value]) => [field, field === texts ? text.slice(0, length) : value]);
      const answer = await ask(agent, url, "/rules/bench", {
        method: "POST",
        headers: { cookie, accept: "*/*", "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(pairs).toString(),
      });
      const told = answer.body.toString().match(/class="matches-count"[^>]*>(.*?)<\/p>/s)?.[1];
      const count = told?.replace(/<[^>]*>/g, "").match(/[\d,]+/g);
      if (answer.status !== 200 || !count) throw new Error(`typing \`${text.slice(0, length)}\` was answered with ${answer.status}, without a count`);
      counts.add(count[0]);
      times.push(answer.ms);
    }
  }
  if (counts.size < 5) throw new Error("what is typed does not change what it fits");
  agent.destroy();
  times.sort((left, right) => left - right);
  const [half, p95] = [0.5, 0.95].map((share) => times[Math.floor(times.length * share)]);
  return [
    [
      "live matches from request to answer at 100,000 conversations, p50 / p95",
      `p95 <= ${TARGET_MS} ms`,
      `${ms(half)} / ${ms(p95)}`,
      p95 <= TARGET_MS,
    ],
  ];
});
