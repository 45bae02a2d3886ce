// Open pages follow what happens: at once, without moving under their reader, and without missing anything.

import { Doorway } from "../support/doorway.mjs";
import { expect, test, visit } from "../support/fixtures.mjs";
import { freePort, until } from "../support/programs.mjs";
import { boxes, list, openList, plan, rows, runState, selectAll, selection, start, untilFinished } from "../support/triage.mjs";

const SIM = { args: ["--conversations", "90"] };

const rowOf = (page, id) => rows(page).filter({ has: page.locator(`[value="${id}"]`) });
const news = (page) => page.locator(".news");
const outOfTouch = (page) => page.getByText("Out of touch with the console");
const places = (page) => rows(page).evaluateAll((all) => all.map((row) => row.getBoundingClientRect().top));
const shown = (page) => boxes(page).evaluateAll((all) => all.map((box) => box.value));

/** A house that is told by webhooks what happens in its Hiver. */
async function told(houses, console = {}) {
  const port = await freePort();
  const house = await houses({ sim: SIM, console: { port, env: { CONSOLE_PUBLIC_URL: `http://127.0.0.1:${port}` }, ...console } });
  return { house, connect: async (page) => {
    const html = await (await page.request.get(`${house.console.url}/settings/webhooks`)).text();
    const [url] = html.match(/http:\/\/[^<"]*\/webhooks\/hiver\/[0-9a-f]{64}/);
    await house.sim.control("POST", "/webhooks", { url });
    return house.sim.control.bind(house.sim);
  } };
}

/** The same house, behind a door that can be shut. */
async function behindADoor(house, atTheEnd) {
  const doorway = await Doorway.open(house.console.url);
  atTheEnd(() => doorway.lock());
  return { doorway, house: { ...house, console: { url: doorway.url }, admin: house.admin } };
}

/** Every time the page opens its stream: the address. */
function streams(page) {
  const opened = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/live") opened.push(request.url());
  });
  return opened;
}

test("what changes is changed in its row, what is new is offered, and nothing moves", async ({ houses, somebody }) => {
  const { house, connect } = await told(houses);
  const page = await somebody(house);
  const hiver = await connect(page);
  await openList(page, "status:open");
  const ids = await shown(page);
  await boxes(page).nth(1).check();
  for (const key of ["j", "j", "j"]) await page.keyboard.press(key);
  await expect(rowOf(page, ids[4])).toHaveClass(/cursor/);
  await page.evaluate(() => scrollTo(0, 200));
  const before = { places: await places(page), label: await selectAll(page).textContent() };

  await hiver("PUT", `/conversations/${ids[2]}`, { assignee: "Ana Ruiz" });
  await expect(rowOf(page, ids[2])).toContainText("Ana Ruiz");
  await expect(news(page)).toBeEmpty();
  await hiver("PUT", `/conversations/${ids[3]}`, { status: "closed" });
  await expect(rowOf(page, ids[3])).toHaveClass(/gone/);
  await expect(rowOf(page, ids[3])).toContainText("closed");
  await expect(news(page)).toHaveText("1 no longer matches");
  await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "The first new one" });
  await expect(news(page)).toHaveText("1 new · 1 no longer matches");
  const { id } = await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "The second new one" });
  await expect(news(page)).toHaveText("2 new · 1 no longer matches");
  const count = (label) => Number(label.replace(/\D/g, ""));
  await expect.poll(async () => count(await selectAll(page).textContent())).toBe(count(before.label) + 1);
  expect(await shown(page), "no row was added, taken away or moved").toEqual(ids);
  expect(await places(page)).toEqual(before.places);
  await expect(rowOf(page, ids[4])).toHaveClass(/cursor/);
  await expect(selection(page)).toContainText("1 selected");

  // What came and went again is not new.
  await hiver("PUT", `/conversations/${id}`, { status: "closed" });
  await expect(news(page)).toHaveText("1 new · 1 no longer matches");
  await hiver("PUT", `/conversations/${ids[3]}`, { status: "open" });
  await expect(news(page)).toHaveText("1 new");
  await expect(rowOf(page, ids[3])).not.toHaveClass(/gone/);

  await page.keyboard.press(".");
  await expect(list(page).getByText("The first new one")).toBeVisible();
  await expect(news(page)).toBeEmpty();
  await expect(selection(page), "the selection is kept").toContainText("1 selected");
  await expect(rowOf(page, ids[4]), "the cursor, too").toHaveClass(/cursor/);
  await page.keyboard.press("j");
  await expect(rowOf(page, ids[5])).toHaveClass(/cursor/);
});

test("an empty list fills, and the button shows what is new", async ({ houses, somebody }) => {
  const { house, connect } = await told(houses);
  const page = await somebody(house);
  const hiver = await connect(page);
  await openList(page, "status:open unheard");
  await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "Unheard of" });
  await expect(rows(page)).toHaveCount(1);
  await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "Unheard of, too" });
  await news(page).getByRole("button", { name: "1 new" }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(news(page)).toBeEmpty();
});

test("the overview counts in place", async ({ houses, somebody }) => {
  const { house, connect } = await told(houses);
  const page = await somebody(house);
  const hiver = await connect(page);
  await visit(page, "/");
  const total = page.locator(".total.main");
  const before = Number(await total.locator(".number").textContent());
  await total.focus();
  await total.evaluate((element) => (element.isTheSame = true));
  await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "One more" });
  await expect(total.locator(".number")).toHaveText(String(before + 1));
  await expect(total).toBeFocused();
  expect(await total.evaluate((element) => element.isTheSame)).toBe(true);
});

test("the stream is cut and comes back from where it was", async ({ houses, somebody, watch, atTheEnd }) => {
  const { house, connect } = await told(houses);
  const { doorway, house: reached } = await behindADoor(house, atTheEnd);
  const page = await somebody(reached);
  const hiver = await connect(page);
  const opened = streams(page);
  const asked = [];
  page.on("request", (request) => request.url().includes("/api/list_news") && asked.push(request.url()));
  await openList(page, "status:open");
  const ids = await shown(page);
  await until("the stream", () => opened.length > 0);
  watch.away = true;

  // A short break goes unnoticed, and nothing is asked for that has not changed.
  doorway.cut();
  await until("the stream is back", () => opened.length > 1);
  expect(new URL(opened[1]).searchParams.get("since")).toMatch(/^\d+$/);
  await hiver("PUT", `/conversations/${ids[0]}`, { assignee: "Ana Ruiz" });
  await expect(rowOf(page, ids[0])).toContainText("Ana Ruiz");
  await expect(outOfTouch(page)).toBeHidden();

  // A long one is told, and what happened meanwhile is there afterwards.
  await doorway.lock();
  await hiver("PUT", `/conversations/${ids[1]}`, { status: "closed" });
  await hiver("POST", "/conversations", { mailbox_id: "Support", subject: "While nobody looked" });
  await expect(outOfTouch(page)).toBeVisible();
  await expect(outOfTouch(page)).toContainText(/since \d\d:\d\d UTC/);
  await expect(rowOf(page, ids[1])).not.toContainText("closed");
  await doorway.unlock();
  await page.getByRole("button", { name: "Try now" }).click();
  await expect(outOfTouch(page)).toBeHidden();
  await expect(rowOf(page, ids[1])).toHaveClass(/gone/);
  await expect(news(page)).toHaveText("1 new · 1 no longer matches");
  expect(await shown(page)).toEqual(ids);

  // Nothing happens, so nothing is asked.
  const before = asked.length;
  const streamsBefore = opened.length;
  doorway.cut();
  await until("the stream is back", () => opened.length > streamsBefore);
  await hiver("PUT", `/conversations/${ids[2]}`, { assignee: "Ana Ruiz" });
  await expect(rowOf(page, ids[2])).toContainText("Ana Ruiz");
  expect(asked.length - before, "once for each time that the mirror moved").toBeLessThanOrEqual(2);
});

test("a proxy that answers in the console's place is no end", async ({ houses, somebody, watch, atTheEnd }) => {
  const { house, connect } = await told(houses);
  const { doorway, house: reached } = await behindADoor(house, atTheEnd);
  const page = await somebody(reached);
  const hiver = await connect(page);
  await openList(page, "status:open");
  const ids = await shown(page);
  watch.away = true;
  watch.expect(502, "/api/frame");
  doorway.instead = { status: 502, type: "text/html", body: "<h1>Bad Gateway</h1>" };
  doorway.cut();
  await expect(outOfTouch(page)).toBeVisible();
  await hiver("PUT", `/conversations/${ids[0]}`, { assignee: "Ana Ruiz" });
  doorway.instead = undefined;
  await expect(outOfTouch(page)).toBeHidden({ timeout: 30_000 });
  await expect(rowOf(page, ids[0])).toContainText("Ana Ruiz");
});

test("a stream that died in its sleep is noticed", async ({ houses, somebody, watch, atTheEnd }) => {
  const { house, connect } = await told(houses);
  const { doorway, house: reached } = await behindADoor(house, atTheEnd);
  const page = await somebody(reached);
  const hiver = await connect(page);
  await page.clock.install();
  const opened = streams(page);
  await openList(page, "status:open");
  const ids = await shown(page);
  await until("the stream", () => opened.length > 0);
  await hiver("PUT", `/conversations/${ids[0]}`, { assignee: "Ana Ruiz" });
  await page.clock.runFor(3_000);
  await expect(rowOf(page, ids[0])).toContainText("Ana Ruiz");
  watch.away = true;
  doorway.freeze();
  await hiver("PUT", `/conversations/${ids[1]}`, { assignee: "Ana Ruiz" });
  await page.clock.fastForward(3_600_000);
  await expect(rowOf(page, ids[1])).toContainText("Ana Ruiz");
  await expect(outOfTouch(page), "nobody was kept waiting").toBeHidden();
});

test("a restart of the console is survived, and all is told", async ({ houses, somebody, watch }) => {
  const { house, connect } = await told(houses);
  const page = await somebody(house);
  const hiver = await connect(page);
  await openList(page, "status:open");
  const ids = await shown(page);
  watch.away = true;
  await house.console.stop();
  await expect(outOfTouch(page)).toBeVisible();
  await house.start();
  await expect(outOfTouch(page)).toBeHidden({ timeout: 30_000 });
  await hiver("PUT", `/conversations/${ids[0]}`, { assignee: "Ana Ruiz" });
  await expect(rowOf(page, ids[0])).toContainText("Ana Ruiz");
  await expect(news(page)).toHaveText("The list may have changed");
});

test("what turned while the stream was cut is on the page of its run", async ({ houses, somebody, watch, atTheEnd }) => {
  const house = await houses({ sim: SIM });
  const { doorway, house: reached } = await behindADoor(house, atTheEnd);
  const page = await somebody(reached);
  const { users, conversations } = await house.sim.state();
  const ids = conversations.filter((one) => one.status === "open" && one.assignee === null).slice(0, 12).map((one) => one.id);
  await house.sim.hold();
  await visit(page, `/preview/${await plan(page, { ids, assign: users[0].id })}`);
  await start(page);
  await house.sim.untilWaiting(1);
  watch.away = true;
  await doorway.lock();
  await expect(outOfTouch(page)).toBeVisible();
  await house.sim.release();
  await until("all to be assigned", async () => (await house.sim.writes()).length >= ids.length);
  await doorway.unlock();
  await page.getByRole("button", { name: "Try now" }).click();
  await untilFinished(page);
  await expect(runState(page)).toHaveText("finished");
  await expect(page.getByRole("table", { name: "Changes" }).getByText("done", { exact: true })).toHaveCount(ids.length);
  await expect(outOfTouch(page)).toBeHidden();
});

test("a session that has ended says so and leads to signing in", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  const other = await page.context().newPage();
  await visit(other, "/runs");
  watch.expect(401, "/api/frame");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("Your session has ended")).toBeVisible();
  await expect(rows(page).first(), "what was there stays").toBeVisible();
  await page.getByRole("link", { name: "Sign in again" }).click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Name").fill(house.admin.name);
  await page.getByLabel("Password").fill(house.admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/triage\?q=status/);
});
