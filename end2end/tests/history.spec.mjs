// What came and left in the last days: the charts of the overview, their numbers, and the lists behind them.

import { createServer, request } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { freePort, removeFolder, temporaryFolder, until } from "../support/programs.mjs";
import { filterBox, list, openList, rows } from "../support/triage.mjs";

const HOUR = 60 * 60 * 1000;
const section = (page) => page.getByRole("region", { name: "Last 14 days", exact: true });
const card = (page, mailbox) => page.locator(".flows li").filter({ has: page.getByRole("link", { name: mailbox, exact: true }) });
const points = (page, mailbox) => card(page, mailbox).locator("svg.flow a");
const numbers = (page) => page.getByRole("table", { name: "Came and left" });

/** A house with a clock that can be set forward. */
async function withClock(houses, atTheEnd, args = ["--conversations", "90"]) {
  const folder = await temporaryFolder();
  atTheEnd(() => removeFolder(folder));
  const clock = join(folder, "clock");
  await writeFile(clock, "0");
  const house = await houses({ sim: { args }, console: { env: { CONSOLE_TEST_CLOCK: clock } } });
  return { house, ahead: (milliseconds) => writeFile(clock, String(milliseconds)) };
}

/** The day by the console's clock, as a filter writes it. */
const day = (ahead = 0) => new Date(Date.now() + ahead).toISOString().slice(0, 10);

/** Two are closed and one comes, all in Support. */
async function somethingHappens(house) {
  const { conversations, mailboxes } = await house.sim.state();
  const support = mailboxes.find((one) => one.name === "Support");
  const open = conversations.filter((one) => one.status === "open" && one.mailbox_id === support.id);
  for (const one of open.slice(0, 2)) await house.sim.control("PUT", `/conversations/${one.id}`, { status: "closed" });
  await house.sim.control("POST", "/conversations", { mailbox_id: support.id, subject: "Brand new" });
  return open.slice(0, 2);
}

const refresh = (page) => page.getByRole("button", { name: "Refresh", exact: true }).click();

for (const scripts of [true, false]) {
  test(`a point counts what happened, and its link lists it, scripts ${scripts ? "on" : "off"}`, async ({
    houses, somebody, atTheEnd,
  }) => {
    const { house, ahead } = await withClock(houses, atTheEnd);
    const page = await somebody(house, { scripts });
    await visit(page, "/");
    await expect(section(page)).toContainText(`The history begins ${day()}`);
    await expect(card(page, "Support")).toContainText("0 came · 0 left");
    await expect(points(page, "Support")).toHaveCount(0);

    const closed = await somethingHappens(house);
    await refresh(page);
    const shows = async () => {
      if (!scripts) await visit(page, "/");
      return (await card(page, "Support").textContent()).includes("1 came · 2 left");
    };
    await until("the chart shows it", shows);
    await expect(points(page, "Support")).toHaveCount(2);
    await expect(points(page, "Support").last().locator("title")).toHaveText(/: 2 left, the history begins on this day, so far$/);

    await points(page, "Support").last().click();
    await alive(page);
    await expect(filterBox(page)).toHaveValue(`mailbox:Support left:${day()}`);
    await expect(rows(page)).toHaveCount(2);
    for (const one of closed) await expect(list(page)).toContainText(one.subject);

    // The next day it is yesterday's; nobody looked at night, and the chart says so.
    await ahead(24 * HOUR);
    await visit(page, "/");
    await refresh(page);
    const remark = async () => {
      if (!scripts) await visit(page, "/");
      return (await card(page, "Support").textContent()).includes("Not looked at for");
    };
    await until("the gap is told", remark);
    await section(page).getByRole("link", { name: "As numbers" }).click();
    await alive(page);
    const yesterday = numbers(page).getByRole("row", { name: /^Support/ }).getByRole("link", { name: /: 1 came, not looked at for/ });
    await yesterday.click();
    await alive(page);
    await expect(filterBox(page)).toHaveValue(`mailbox:Support came:${day()}`);
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText("Brand new");
  });
}

test("the keyboard reaches every number, and passes the charts by", async ({ house, somebody }) => {
  const page = await somebody(house);
  await somethingHappens(house);
  await visit(page, "/");
  await refresh(page);
  await expect(points(page, "Support")).toHaveCount(2);
  const stops = await section(page).evaluate((one) => [...one.querySelectorAll("a")].filter((link) => link.tabIndex >= 0).length);
  const mailboxes = await page.locator(".flows li").count();
  expect(stops).toBe(mailboxes + 1);
  await section(page).getByRole("link", { name: "As numbers" }).press("Enter");
  await expect(page).toHaveURL(/flow=numbers/);
  const link = numbers(page).getByRole("link", { name: /^Support, .*: 2 left/ });
  await link.press("Enter");
  await expect(rows(page)).toHaveCount(2);
});

test("a day of which nothing is known is said to be one", async ({ house, somebody }) => {
  const page = await somebody(house);
  for (const [filter, marked, words] of [
    ["is:open came:2001-01-01", "came:2001-01-01", "Nothing is known of `2001-01-01`: the history begins on"],
    ["left:2026-02-30", "2026-02-30", "No calendar has `2026-02-30`"],
    ["came:yesterday", "yesterday", "`came:` cannot read `yesterday`"],
  ]) {
    await openList(page, filter);
    await expect(page.getByRole("alert")).toContainText(words);
    await expect(page.getByRole("alert").locator("mark")).toHaveText(marked);
    await expect(list(page)).toHaveCount(0);
  }
});

/** Stands before the simulator and adds mailboxes without conversations. */
async function manyMailboxes(behind, extra) {
  const added = Array.from({ length: extra }, (_, number) => ({
    id: `mbx_added_${number}`,
    name: `${number + 1}. Rückerstattungen & Beschwerden „Sonderfälle“ der Niederlassung Süd-West (only in the evening)`,
    email: `added${number}@example.com`,
  }));
  const server = createServer((incoming, answer) => {
    const url = new URL(incoming.url, behind);
    const to = { method: incoming.method, headers: { ...incoming.headers, "accept-encoding": "identity" }, agent: false };
    const asked = added.some((one) => incoming.url.includes(one.id));
    if (asked) url.search = url.search.replace(/mbx_added_\d+/, server.empty);
    request(url, to, async (got) => {
      const parts = [];
      for await (const part of got) parts.push(part);
      let body = Buffer.concat(parts).toString();
      if (url.pathname.endsWith("/mailboxes") && got.statusCode === 200) {
        const read = JSON.parse(body);
        const rows = Array.isArray(read) ? read : Object.values(read).find(Array.isArray);
        rows.push(...added.map((one) => ({ ...rows[0], ...one })));
        body = JSON.stringify(read);
      }
      const { "content-length": _, "transfer-encoding": __, ...headers } = got.headers;
      answer.writeHead(got.statusCode, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
    }).end();
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${port}` };
}

for (const extra of [0, 37]) {
  test(`both views read well with ${extra + 3} mailboxes`, async ({ houses, somebody, atTheEnd }) => {
    // Eight looks at large charts.
    test.setTimeout(120_000);
    let doorway;
    const house = await houses({
      sim: { args: ["--conversations", "60", ...(extra ? ["--empty-mailbox"] : [])] },
      prepare: async (sim) => {
        if (!extra) return;
        doorway = await manyMailboxes(sim.url, extra);
        const { conversations, mailboxes } = await sim.state();
        const used = new Set(conversations.map((one) => one.mailbox_id));
        doorway.server.empty = mailboxes.find((one) => !used.has(one.id)).id;
        sim.base = sim.base.replace(sim.url, doorway.url);
      },
    });
    if (doorway) atTheEnd(() => doorway.server.close());
    await somethingHappens(house);
    const page = await somebody(house);
    await visit(page, "/");
    await refresh(page);
    await expect(points(page, "Support")).toHaveCount(2, { timeout: 15_000 });
    const wrong = [];
    for (const view of ["/", "/?flow=numbers"]) {
      for (const size of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
        await page.setViewportSize(size);
        await visit(page, view);
        const [wide, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        if (wide > there) wrong.push(`${view} ${size.width}: ${wide} wide`);
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme });
          const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
          for (const { id, nodes } of violations) {
            for (const { target, failureSummary } of nodes) wrong.push(`${view} ${size.width} ${colorScheme} ${id}: ${target} ${failureSummary}`);
          }
          if (process.env.SHOTS) {
            const name = `${extra + 3}-${view.length > 1 ? "numbers" : "charts"}-${size.width}-${colorScheme}.png`;
            await page.screenshot({ path: join(process.env.SHOTS, name), fullPage: true });
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });
}
