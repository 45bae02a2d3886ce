// The simulator, the account in it, and a console that can be started again and again on the same folder.

import { Console, Simulator, freePort, removeFolder, temporaryFolder, until } from "../support/programs.mjs";
import { Visitor } from "./visitor.mjs";
import { conversationsFor, planFor } from "./plan.mjs";

/** Conversations that nobody wishes anything for: nothing may happen to them. */
const BYSTANDERS = 20;
const START_SECONDS = 60;
const SYNC_SECONDS = 120;

/** What goes wrong by chance, per request. */
const FAULTS = {
  429: 0.006,
  "429-bare": 0.001,
  "500-before": 0.01,
  "500-after": 0.01,
  cut: 0.01,
  "cut-before": 0.003,
  html: 0.002,
  truncated: 0.003,
};

/** Rejects where something takes too long: a program that hangs must not hang the test. */
export function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${seconds} s for ${what}`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class World {
  /** A simulated account that looks as the plan needs it, and a folder for the console. */
  static async build(options) {
    const world = new World();
    world.options = options;
    try {
      world.data = await temporaryFolder();
      const args = ["--conversations", conversationsFor(options.changes) + BYSTANDERS, "--seed", options.seed];
      world.sim = await within(START_SECONDS, "the simulator", Simulator.start({ args: args.map(String) }));
      world.plan = planFor(options, await world.sim.state());
      await world.#prepare();
      world.initial = await world.sim.state();
      world.port = await freePort();
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  async #prepare() {
    const left = [...this.plan.before];
    const one = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const [id, looks] = next;
        await this.sim.control("PUT", `/conversations/${encodeURIComponent(id)}`, looks);
      }
    };
    await Promise.all(Array.from({ length: 16 }, one));
  }

  /** Starts the console, reads the whole account into its mirror, and starts the big runs. */
  async begin() {
    const life = await this.start();
    const operator = await within(START_SECONDS, "the first operator", this.console.firstOperator());
    this.visitor = new Visitor(this.console.url, operator);
    const synced = async () => {
      const frame = await this.visitor.ask("/api/frame");
      return frame.mirror_age && !frame.sync;
    };
    await until("the first sync", synced, SYNC_SECONDS);
    await this.sim.control("DELETE", "/ledger");
    await this.setFaults(FAULTS);
    for (const run of this.plan.big) await this.startRun(run);
    return life;
  }

  async startRun(run) {
    run.id = await this.visitor.plan(run);
    await this.visitor.startRun(run.id);
  }

  /** The runs that were started. */
  started() {
    return [...this.plan.big, ...this.plan.small].filter((run) => run.id !== undefined);
  }

  setFaults(faults) {
    return this.sim.control("PUT", "/faults", faults);
  }

  /** Hiver as it goes on once nobody kills any more: no 429s, of which each would halve the pace of the rest. */
  calmDown() {
    const others = Object.entries(FAULTS).filter(([kind]) => !kind.startsWith("429"));
    return this.setFaults(Object.fromEntries(others));
  }

  /** Starts the console once more; when it was started and when it was ready, in milliseconds since 1970. */
  async start() {
    const spawned = Date.now();
    const clock = performance.now();
    const { data, port, options, sim } = this;
    const settings = { base: sim.base, data, port, rate: options.rate, env: { CONSOLE_LOG: "warn" } };
    this.console = await within(START_SECONDS, "the console", Console.start(settings));
    const ready = async () => (await fetch(`${this.console.url}/readyz`)).status === 200;
    await until("the console to be ready", ready, START_SECONDS);
    return { spawned, readyAfter: performance.now() - clock };
  }

  /** Ends both programs. What is on disk stays. */
  async stop() {
    await this.console?.stop("SIGKILL");
    await this.sim?.stop("SIGKILL");
  }

  async end() {
    await this.stop();
    if (this.data) await removeFolder(this.data);
  }
}
