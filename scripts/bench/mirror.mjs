// The first reading of 100,000 conversations from a simulator without a limit, and a start with them on disk.

import { Agent } from "node:http";

import {
  json, main, mb, memoryRow, ms, peakMb, residentMb, signIn, sleep, startConsole, startSimulator, stop, synced,
} from "./support.mjs";

const CONVERSATIONS = 100_000;
const TARGET_SYNC_S = 60;
const TARGET_MB = 150;
/** The most that may be allowed, so that nothing but the machine holds the reading up. */
const ENV = { HIVER_REQUESTS_PER_SECOND: "1000" };

await main(300_000, async () => {
  const sim = await startSimulator(CONVERSATIONS);
  const agent = new Agent({ keepAlive: true });
  const began = performance.now();
  const first = await startConsole(sim, ENV);
  const cookie = await signIn(agent, first.url, first.name, first.password);
  await synced(agent, first.url, cookie, CONVERSATIONS, 3 * TARGET_SYNC_S * 1_000);
  const seconds = (performance.now() - began) / 1_000;
  const peak = peakMb(first);
  await stop(first);

  const again = performance.now();
  const second = await startConsole(sim, ENV, false);
  const ready = performance.now() - again;
  const { total } = await json(agent, second.url, "/api/conversations?filter=", cookie);
  if (total !== CONVERSATIONS) throw new Error(`after a restart there are ${total} conversations`);
  await sleep(2_000);
  const [restPeak, rest] = [peakMb(second), residentMb(second)];
  agent.destroy();

  return [
    ["first sync of 100,000", `<= ${TARGET_SYNC_S} s`, `${seconds.toFixed(1)} s`, seconds <= TARGET_SYNC_S],
    memoryRow("memory during it, at most", peak, TARGET_MB),
    ["restart with 100,000, until it listens", "", ms(ready)],
    memoryRow("memory during that, at most", restPeak, TARGET_MB),
    ["memory at rest afterwards", "", mb(rest)],
  ];
});
