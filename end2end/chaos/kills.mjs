// The killing: the console is let go on for a moment, killed, and started again, until all is done.

import { Random } from "./random.mjs";

/** So much of the work is done, in the mean, before the kills are used up; the rest is sent undisturbed. */
const SHARE_BETWEEN_KILLS = 0.6;
const LATENCY_MS = [5, 20];
const LOOK_EVERY_MS = 5;
/** Without any request for so long, it is asked whether there is anything left to send. */
const QUIET_MS = 3_000;
/** Without any request for so long although there is something left, it hangs. */
const STUCK_MS = 180_000;

const stuck = () => new Error(`runs are not over, and nothing was sent for ${STUCK_MS / 1000} s`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** For each kill how long after a run goes on it comes, but not before the console is ready; how slow Hiver is. */
export function drawKills({ kills, changes, rate, seed }) {
  const random = new Random(seed, "kills");
  const mean = Math.max(5, (1000 * SHARE_BETWEEN_KILLS * changes) / (rate * Math.max(1, kills)));
  return Array.from({ length: kills }, () => ({
    delay: 2 * mean * random.fraction(),
    latency: random.between(...LATENCY_MS),
  }));
}

/** In which lives a small run is started: the number of each life. */
export function drawStarts({ kills, seed }, smallRuns) {
  const random = new Random(seed, "starts");
  return Array.from({ length: smallRuns }, (_, number) => {
    const share = (number + random.fraction()) / smallRuns;
    return Math.floor(share * kills);
  });
}

/**
 * Kills as often as was drawn and lets the last life come to its end. Gives every life: when it began, how long it
 * took to be ready, and, in all but the last, between which instants it was killed.
 */
export async function killAgainAndAgain(world, tell) {
  const kills = drawKills(world.options);
  const starts = drawStarts(world.options, world.plan.small.length);
  const waiting = world.plan.small.map((run, number) => ({ run, life: starts[number] }));
  const startNext = () => world.startRun(waiting.shift().run);
  const lives = [await world.begin()];
  let last = 0;
  for (const [number, { delay, latency }] of kills.entries()) {
    await world.sim.control("PUT", "/latency", { ms: latency });
    const life = lives.at(-1);
    // In the first life the big runs have been going on while they were started.
    let since = await untilGoingOn(world, last, number === 0 ? Date.now() : life.spawned);
    while (waiting.length > 0 && (!since || waiting[0].life <= number)) {
      await startNext();
      since = Date.now();
    }
    if (!since) break;
    await sleep(since + delay - Date.now());
    life.killedFrom = Date.now();
    await world.console.stop("SIGKILL");
    life.killedUntil = Date.now();
    life.log = world.console.program.log;
    last = await lastRequest(world);
    lives.push(await world.start());
    tell(`${number + 1} of ${kills.length} kills`);
  }
  await world.calmDown();
  while (waiting.length > 0) await startNext();
  await untilOver(world, last);
  lives.at(-1).log = world.console.program.log;
  return lives;
}

async function lastRequest(world) {
  return (await world.sim.control("GET", `/ledger?since=${Number.MAX_SAFE_INTEGER}`)).last;
}

/**
 * Waits for a change of this life to arrive at Hiver; when the first did, or nothing where there is none left to send.
 * The ledger is read from request `after` on, and what arrives of the life before does not count.
 */
async function untilGoingOn(world, after, spawned) {
  for (let from = after, start = Date.now(), look = start + QUIET_MS; ; ) {
    const { requests, last } = await world.sim.control("GET", `/ledger?since=${from}`);
    const first = requests.find(({ method, at_ms }) => method !== "GET" && at_ms >= spawned);
    if (first) return first.at_ms;
    from = last;
    if (Date.now() > look) {
      if (await allOver(world)) return undefined;
      if (Date.now() - start > STUCK_MS) throw stuck();
      look = Date.now() + QUIET_MS;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function allOver(world) {
  return (await world.visitor.ask("/api/frame")).open_runs === 0;
}

/** Waits until every run is over and Hiver has carried out what was on its way. */
async function untilOver(world, since) {
  let last = since;
  for (let moved = Date.now(); ; ) {
    const now = await lastRequest(world);
    if (now !== last) [last, moved] = [now, Date.now()];
    if (Date.now() - moved > STUCK_MS) throw stuck();
    if (await allOver(world)) break;
    await sleep(500);
  }
  while ((await world.sim.control("GET", "/hold")).waiting > 0) await sleep(50);
}
