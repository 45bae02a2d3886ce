// What every test starts from: a Hiver, a console, people with browsers, and an eye on all of them.

import { writeFile } from "node:fs/promises";
import { test as base, expect } from "@playwright/test";
import { Console, Simulator, addOperator, removeFolder, temporaryFolder, until } from "./programs.mjs";
import { Watch } from "./watch.mjs";

export { expect };

/** A simulator and a console that works on it, with a data folder of their own. */
export class House {
  #ends = [];

  /**
   * `sim` and `console` go to `Simulator.start` and `Console.start`; `prepare` is called with the simulator before
   * the console starts.
   */
  static async build({ sim = {}, console = {}, prepare, synced = true } = {}) {
    const house = new House();
    try {
      house.data = await temporaryFolder();
      house.atTheEnd(() => removeFolder(house.data));
      house.options = console;
      house.sim = await Simulator.start(sim);
      await prepare?.(house.sim);
      await house.start();
      house.admin = await house.console.firstOperator();
      if (synced) await house.untilSynced();
      return house;
    } catch (error) {
      await house.end();
      throw error;
    }
  }

  atTheEnd(act) {
    this.#ends.unshift(act);
  }

  /** Starts the console, for the first time or again at the same address. */
  async start() {
    const { port } = this.console ?? {};
    this.console = await Console.start({ base: this.sim.base, data: this.data, port, ...this.options });
    return this.console;
  }

  operator(name, role) {
    return addOperator(this.data, name, role);
  }

  /** Waits until the mirror has been read to the end. */
  async untilSynced() {
    const cookie = await signInWithoutBrowser(this.console.url, this.admin);
    const ask = async () => {
      const answer = await fetch(`${this.console.url}/api/frame`, { headers: { cookie } });
      const frame = await answer.json();
      return frame.mirror_age && !frame.sync;
    };
    await until("the first sync", ask);
    await this.sim.control("DELETE", "/ledger");
  }

  async end() {
    await this.console?.stop("SIGKILL");
    await this.sim?.stop("SIGKILL");
    for (const act of this.#ends) await act();
  }
}

/** The cookie of somebody who signs in with a plain form. */
export async function signInWithoutBrowser(url, { name, password }) {
  const answer = await fetch(`${url}/login`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ name, password, next: "/" }),
  });
  const cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  if (answer.status !== 303 || !cookie) throw new Error(`signing in as ${name}: ${answer.status}`);
  return cookie;
}

/** Goes to an address and waits until its scripts have taken over. */
export async function visit(page, path, { status = 200 } = {}) {
  const answer = await page.goto(path);
  expect(answer.status(), path).toBe(status);
  await alive(page);
}

/** Waits until scripts have taken over, where there are scripts. */
export async function alive(page) {
  if (page.withoutScripts) return page.waitForLoadState();
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

export const test = base.extend({
  /** How the house of a test is built; see `House.build`. */
  plan: [{}, { option: true }],

  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect(watch.problems(), "the pages stayed healthy").toEqual([]);
  },

  /** What a test has opened. In the end browsers go first: a page must not see its console end. */
  stage: async ({ watch }, use, info) => {
    const stage = { contexts: [], houses: [], ends: [] };
    await use(stage);
    await Promise.all(stage.contexts.map((context) => context.close()));
    for (const house of stage.houses) {
      if (info.status !== info.expectedStatus || watch.problems().length > 0) {
        await writeFile(info.outputPath("console.log"), house.console.program.log.join("\n"));
      }
      await house.end();
    }
    for (const end of stage.ends.reverse()) await end();
  },

  /** `await atTheEnd(act)`: calls `act` once the browsers are closed, the latest first. */
  atTheEnd: async ({ stage }, use) => use((act) => stage.ends.push(act)),

  /** `await houses(plan)`: builds a house, for tests that need another than that of `plan`. */
  houses: async ({ stage }, use) =>
    use(async (plan) => {
      const house = await House.build(plan);
      stage.houses.push(house);
      return house;
    }),

  house: async ({ plan, houses }, use) => use(await houses(plan)),

  /** `await somebody(house, { as, scripts, … })`: a page in a browser of its own, signed in. */
  somebody: async ({ browser, watch, stage }, use) =>
    use(async (house, { as = house.admin, scripts = true, ...options } = {}) => {
      const context = await browser.newContext({
        baseURL: house.console.url,
        javaScriptEnabled: scripts,
        viewport: { width: 1440, height: 900 },
        locale: "en-GB",
        // What moves cannot be clicked reliably.
        reducedMotion: "reduce",
        ...options,
      });
      stage.contexts.push(context);
      watch.over(context);
      if (as) {
        const [name, value] = (await signInWithoutBrowser(house.console.url, as)).split(/=(.*)/s);
        await context.addCookies([{ name, value, url: house.console.url, httpOnly: true, sameSite: "Lax" }]);
      }
      const page = await context.newPage();
      page.withoutScripts = !scripts;
      return page;
    }),
});

/** A house for all tests of a worker that only look. */
export const lookingTest = (plan) =>
  test.extend({
    shared: [
      async ({}, use) => {
        const house = await House.build(plan);
        await use(house);
        await house.end();
      },
      { scope: "worker" },
    ],
    house: async ({ shared }, use) => use(shared),
  });
