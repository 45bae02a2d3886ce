// What Hiver delivers: 1,000 deliveries, 50 at a time, each on disk before it is answered; and how soon an event is on
// an open page.

import { Agent, request } from "node:http";

import {
  ask, consoleCommand, json, main, ms, signIn, sleep, startConsole, startSimulator, synced,
} from "./support.mjs";

const CONVERSATIONS = 2_000;
const DELIVERIES = 1_000;
const AT_ONCE = 50;
const TARGET_P99_MS = 100;
const EVENTS = 20;
const TARGET_SHOWN_MS = 1_000;
/** Without a public address the command has no address to show. Only its path is used. */
const PUBLIC = { CONSOLE_PUBLIC_URL: "https://console.example" };

const JSON_BODY = { "content-type": "application/json" };

/** Follows the stream of a tab; `told()` resolves with the next word of a change to the mirror. */
async function openTab(base, cookie) {
  const tab = { told: () => new Promise((resolve) => (tab.heard = resolve)), heard: () => {} };
  await new Promise((resolve, reject) => {
    const outgoing = request(new URL("/live", base), { headers: { cookie, accept: "text/event-stream" } });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (part) => {
        resolve();
        if (part.includes("event: mirror") || part.includes("event:mirror")) tab.heard();
      });
    });
    tab.close = () => outgoing.destroy();
    outgoing.end();
  });
  return tab;
}

await main(120_000, async () => {
  const sim = await startSimulator(CONVERSATIONS);
  const console_ = await startConsole(sim);
  const { url } = console_;
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const cookie = await signIn(agent, url, console_.name, console_.password);
  await synced(agent, url, cookie, CONVERSATIONS);
  const { address } = await consoleCommand(sim, ["webhook", "address"], PUBLIC);
  const door = new URL(address).pathname;
  const { rows } = await json(agent, url, "/api/conversations?filter=status:open", cookie);

  // Hiver's own way first, while nothing else happens.
  await ask(agent, sim.url, "/_sim/webhooks", {
    method: "POST", headers: JSON_BODY, body: JSON.stringify({ url: new URL(door, url).href }),
  });
  const tab = await openTab(url, cookie);
  const shown = [];
  for (let number = 0; number < EVENTS; number += 1) {
    // A tab is told once a second at most: each one is news of its own.
    await sleep(1_200);
    const told = tab.told();
    const began = performance.now();
    await ask(agent, sim.url, "/_sim/do", {
      method: "POST", headers: JSON_BODY, body: JSON.stringify({ do: "set_status", id: rows[number].id, status: "pending" }),
    });
    await told;
    shown.push(performance.now() - began);
  }
  tab.close();

  const times = [];
  let next = 0;
  const deliver = async () => {
    while (next < DELIVERIES) {
      const number = next++;
      const body = JSON.stringify({
        event: "conversation.status_changed",
        data: { conversation: { id: rows[number % rows.length].id, subject: `Delivery ${number}` }, status: "open" },
      });
      const began = performance.now();
      await ask(agent, url, door, { method: "POST", headers: JSON_BODY, body });
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, deliver));
  const page = await json(agent, url, "/api/page?path=/settings/webhooks", cookie);
  const kept = Number(page.match(/([\d,]+) deliver(?:y|ies) kept/)?.[1].replace(",", ""));
  if (!(kept >= DELIVERIES)) throw new Error(`${kept} deliveries were kept`);
  agent.destroy();

  times.sort((left, right) => left - right);
  const [half, p99] = [times[times.length / 2], times[Math.floor(times.length * 0.99)]];
  const longest = Math.max(...shown);
  return [
    [`${DELIVERIES} deliveries, ${AT_ONCE} at a time, p50`, "", ms(half)],
    [`${DELIVERIES} deliveries, ${AT_ONCE} at a time, p99`, `<= ${TARGET_P99_MS} ms`, ms(p99), p99 <= TARGET_P99_MS],
    [`an event reaches an open page, longest of ${EVENTS}`, `<= ${TARGET_SHOWN_MS} ms`, ms(longest), longest <= TARGET_SHOWN_MS],
  ];
});
