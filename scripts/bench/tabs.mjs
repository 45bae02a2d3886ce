// 500 open tabs: what their streams take, and how soon a change in Hiver reaches all of them.

import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

import {
  WAIT_MS, ask, consoleCommand, json, main, mb, ms, residentMb, signIn, sleep, startConsole, startSimulator, synced,
} from "./support.mjs";

const CONVERSATIONS = 5_000;
const TABS = 500;
const CHANGES = 10;
const TARGET_ADDED_MB = 50;
const TARGET_REACHED_MS = 2_000;
/** Without a public address the command has no address to show. Only its path is used. */
const PUBLIC = { CONSOLE_PUBLIC_URL: "https://console.example" };

/** Opens a stream; `heard(kind)` is called for every event on it. Resolves with the first. */
function openTab(agent, base, cookie, heard) {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL("/live", base), { agent, headers: { cookie, accept: "text/event-stream" } });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`GET /live was answered with ${answer.statusCode}`));
      let rest = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => {
        const lines = (rest + part).split("\n");
        rest = lines.pop();
        for (const line of lines) {
          const kind = line.match(/^event: ?(\w+)/)?.[1];
          if (kind) {
            heard(kind);
            resolve(outgoing);
          }
        }
      });
      answer.on("error", () => {});
    });
    outgoing.end();
  });
}

/** Processor time of a process so far in ms; nothing where there is no /proc. */
function processorMs({ child }) {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

/** A colleague changes a conversation in Hiver; the time until `all` of the tabs were told. */
async function change(agent, sim, tabs, conversation) {
  const reached = new Promise((resolve, reject) => {
    tabs.left = TABS;
    tabs.told.clear();
    tabs.all = resolve;
    setTimeout(() => reject(new Error(`a change did not reach ${tabs.left} tabs`)), WAIT_MS).unref();
  });
  const began = performance.now();
  await ask(agent, sim.url, "/_sim/do", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ do: "set_status", id: conversation, status: "pending" }),
  });
  await reached;
  return performance.now() - began;
}

await main(180_000, async () => {
  const sim = await startSimulator(CONVERSATIONS);
  const console_ = await startConsole(sim);
  const agent = new Agent({ keepAlive: true });
  const { url } = console_;
  const cookie = await signIn(agent, url, console_.name, console_.password);
  await synced(agent, url, cookie, CONVERSATIONS);
  const { address } = await consoleCommand(sim, ["webhook", "address"], PUBLIC);
  await ask(agent, sim.url, "/_sim/webhooks", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: new URL(new URL(address).pathname, url).href }),
  });
  const { rows } = await json(agent, url, "/api/conversations?filter=status:open", cookie);
  await sleep(2_000);
  const before = residentMb(console_);

  const tabs = { told: new Set(), left: 0, all: () => {} };
  const open = [];
  for (let tab = 0; tab < TABS; tab += 1) {
    const heard = (kind) => {
      if (kind === "mirror" && !tabs.told.has(tab)) {
        tabs.told.add(tab);
        tabs.left -= 1;
        if (tabs.left === 0) tabs.all();
      }
    };
    open.push(await openTab(false, url, cookie, heard));
  }
  await sleep(2_000);
  const withTabs = residentMb(console_);
  const idleBefore = processorMs(console_);
  await sleep(5_000);
  const idle = idleBefore === undefined ? undefined : (processorMs(console_) - idleBefore) / 5_000;

  const times = [];
  for (let number = 0; number < CHANGES; number += 1) {
    times.push(await change(agent, sim, tabs, rows[number].id));
    // The next one is news of its own, and tabs are told once a second at most.
    await sleep(2_000);
  }
  const afterwards = residentMb(console_);
  for (const outgoing of open) outgoing.destroy();
  agent.destroy();

  const longest = Math.max(...times);
  const added = before === undefined ? undefined : Math.max(withTabs, afterwards) - before;
  return [
    [`${TABS} open tabs, memory added`, `<= ${TARGET_ADDED_MB} MB`, mb(added),
      added === undefined ? undefined : added <= TARGET_ADDED_MB],
    [`${TABS} open tabs, one processor used while nothing happens`, "",
      idle === undefined ? "not on this system" : `${(idle * 100).toFixed(0)} %`],
    [`a change in Hiver reaches all ${TABS}, longest of ${CHANGES}`, `<= ${TARGET_REACHED_MS} ms`, ms(longest),
      longest <= TARGET_REACHED_MS],
  ];
});
