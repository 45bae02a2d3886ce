import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Doorway } from "../support/doorway.mjs";
import { expect, test, visit } from "../support/fixtures.mjs";
import { Console, KEY, Simulator, freePort, removeFolder, temporaryFolder, until } from "../support/programs.mjs";
import {
  assignTo, list, openList, plan, rows, runState, selectAll, sorted, start, untilFinished, written,
} from "../support/triage.mjs";

test("the first start without a key: each trouble in words, then the right key, which never comes back", async ({ somebody, atTheEnd }) => {
  const data = await temporaryFolder();
  atTheEnd(() => removeFolder(data));
  const sim = await Simulator.start({ args: ["--conversations", "120"] });
  atTheEnd(() => sim.stop("SIGKILL"));
  const doorway = await Doorway.open(sim.url);
  atTheEnd(() => doorway.lock());
  const console = await Console.start({ base: `${doorway.url}/api/v1`, data, key: null });
  atTheEnd(() => console.stop("SIGKILL"));
  const admin = await console.firstOperator();
  const house = { console, admin };
  const page = await somebody(house);
  const said = [];
  page.on("response", (response) => {
    if (!/\/(live|v)(\/|\?|$)/.test(new URL(response.url()).pathname)) {
      said.push(response.text().catch(() => ""));
    }
  });
  await visit(page, "/triage");
  await expect(page).toHaveURL(/\/setup$/);
  await expect(page.getByText("Generate New Key")).toBeVisible();
  await expect(page.getByText("Settings → API")).toBeVisible();

  const check = async (key, words) => {
    await page.getByLabel("Key", { exact: true }).fill(key);
    await page.getByRole("button", { name: "Check and save" }).click();
    await expect(page.locator(".key-answer")).toContainText(words);
    await expect(page).toHaveURL(/\/setup$/);
  };
  await check("not-the-key", "Hiver does not accept the key (401)");
  await sim.control("PUT", "/key", { active: false });
  await check(KEY, "has not been activated yet");
  await sim.control("PUT", "/key", { active: true });
  const json = "application/json";
  doorway.instead = { status: 403, type: json, body: '{"error":{"code":"forbidden","message":"Not on this plan"}}' };
  await check(KEY, "it may not do this (403)");
  doorway.instead = { status: 200, type: "text/html", body: "<!DOCTYPE html><title>Sign in to the network</title>" };
  await check(KEY, "it is not Hiver");
  doorway.instead = { status: 404, type: "text/html", body: "<h1>Not Found</h1>" };
  await check(KEY, "does not know Hiver's calls (404)");
  await doorway.lock();
  await check(KEY, "Hiver cannot be reached");
  doorway.instead = undefined;
  await doorway.unlock();

  // Checking alone stores nothing.
  await page.getByLabel("Key", { exact: true }).fill(KEY);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.locator(".key-answer")).toContainText("Hiver accepts this key. It opens 3 mailboxes.");
  await expect(page.locator(".key-answer")).toContainText("Billing");
  expect((await page.request.get("/", { maxRedirects: 0 })).headers().location).toBe("/setup");

  await page.getByLabel("Key", { exact: true }).fill(KEY);
  await page.getByRole("button", { name: "Check and save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await expect(page.getByRole("table", { name: "Mailboxes" }).locator("tbody tr")).toHaveCount(3);

  await visit(page, "/settings");
  await expect(page.getByText(`…${KEY.slice(-4)}, stored here, encrypted`)).toBeVisible();
  for (const path of ["/", "/setup", "/settings", "/triage", "/runs", "/api/connection", "/api/frame", "/api/choices"]) {
    said.push(page.request.get(path).then((answer) => answer.text()));
  }
  const texts = await Promise.all(said);
  expect(texts.length).toBeGreaterThan(15);
  for (const text of texts) expect(text).not.toContain(KEY);
  for (const file of ["console.db", "console.db-wal"]) {
    const bytes = await readFile(join(data, file)).catch(() => Buffer.alloc(0));
    expect(bytes.includes(KEY), file).toBe(false);
  }
  expect(console.program.log.join("\n")).not.toContain(KEY);
});

test("Hiver is down at the start: the console says so and reads it once it is back", async ({ somebody, atTheEnd }) => {
  const port = await freePort();
  const data = await temporaryFolder();
  atTheEnd(() => removeFolder(data));
  const console = await Console.start({ base: `http://127.0.0.1:${port}/api/v1`, data });
  atTheEnd(() => console.stop("SIGKILL"));
  const house = { console, admin: await console.firstOperator() };
  const page = await somebody(house);
  await visit(page, "/");
  await expect(page.locator(".banner-trouble")).toContainText("Hiver cannot be reached");
  await expect(page.getByText("No mailboxes yet")).toBeVisible();
  const sim = await Simulator.start({ port, args: ["--conversations", "90"] });
  atTheEnd(() => sim.stop("SIGKILL"));
  await expect(page.getByRole("table", { name: "Mailboxes" }).locator("tbody tr")).toHaveCount(3, { timeout: 30_000 });
  await expect(page.locator(".banner-trouble")).toHaveCount(0);
  // A list that is opened before offers what comes later instead of moving.
  await until("everything to be read", async () => {
    const frame = await (await page.request.get("/api/frame")).json();
    return frame.mirror_age && !frame.sync;
  });
  await openList(page, "");
  await expect(selectAll(page)).toHaveText("Select all 90 matching");
});

test("Hiver is down in the middle of a run: it waits, goes on, and nothing failed", async ({ somebody, houses }) => {
  const folder = await temporaryFolder();
  const args = ["--conversations", "300", "--state", join(folder, "hiver.jsonl")];
  const port = await freePort();
  const house = await houses({ sim: { args, port } });
  house.atTheEnd(() => removeFolder(folder));
  const page = await somebody(house);
  const { users, conversations } = await house.sim.state();
  const open = conversations.filter((one) => one.status === "open" && one.assignee === null).map((one) => one.id);
  const ids = open.slice(0, 25);
  const id = await plan(page, { ids, assign: users[5].id, status: "pending" });
  await visit(page, `/preview/${id}`);
  await house.sim.hold();
  await start(page);
  await house.sim.untilWaiting(2);
  await house.sim.stop("SIGKILL");
  await expect(page.locator(".banner-trouble, .message-warn").first()).toContainText(/Hiver (cannot be reached|did not answer)/);
  await expect(runState(page)).not.toHaveText("finished");
  house.sim = await Simulator.start({ args, port });
  await untilFinished(page, 45_000);
  await expect(page.locator(".outcome-counts").first()).toContainText("50 done");
  await expect(page.getByText("Everything is done.")).toBeVisible();
  for (const one of (await house.sim.state()).conversations.filter((each) => ids.includes(each.id))) {
    expect([one.assignee, one.status]).toEqual([users[5].id, "pending"]);
  }
});

test("a row that cannot be read does not cost the others", async ({ somebody, houses }) => {
  const house = await houses({
    sim: { args: ["--conversations", "60"] },
    prepare: (sim) => sim.failNext({ kind: "broken-row", method: "GET", path_prefix: "/conversations" }),
  });
  const { next } = await house.sim.control("GET", "/faults");
  expect(next, "the row was broken").toEqual([]);
  const page = await somebody(house);
  await openList(page, "");
  await expect(selectAll(page)).toHaveText("Select all 59 matching");
  await expect(rows(page)).toHaveCount(50);
});

test("a mailbox that may not be read is named, the others are there", async ({ somebody, houses }) => {
  const house = await houses({ sim: { args: ["--conversations", "90", "--forbid-mailbox", "Cards"] } });
  const page = await somebody(house);
  await visit(page, "/");
  await expect(page.locator(".banner-trouble")).toContainText("Hiver does not let this key read `Cards` (403).");
  const { mailboxes } = await house.sim.state();
  const support = mailboxes.find((one) => one.name === "Support");
  await expect(page.getByRole("link", { name: `${written(support.open)} open in Support` })).toBeVisible();
});

test("a key that stops working is named, and what was read stays on screen", async ({ somebody, houses }) => {
  const house = await houses({ sim: { args: ["--conversations", "90"] } });
  const page = await somebody(house);
  await openList(page, "status:open");
  await house.sim.control("PUT", "/key", { key: "another-key" });
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(page.locator(".banner-trouble")).toContainText("Hiver does not accept the key (401)");
  await expect(rows(page).first()).toBeVisible();
  await page.locator(".banner-trouble").getByRole("link", { name: "Open settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await expect(page.getByText("Change HIVER_API_KEY and start the console again.")).toBeVisible();
});

test("new mail in Hiver appears after Refresh, without a reload", async ({ somebody, houses }) => {
  const house = await houses({ sim: { args: ["--conversations", "90"] } });
  const page = await somebody(house);
  await openList(page, '"brand new question"');
  await expect(page.getByText("Nothing matches")).toBeVisible();
  const subject = "A brand new question";
  const { id } = await house.sim.control("POST", "/conversations", { mailbox_id: "Support", subject });
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(list(page).getByText(subject)).toBeVisible();
  await house.sim.control("PUT", `/conversations/${id}`, { assignee: "Ana Ruiz" });
  await list(page).getByText(subject).click();
  await expect(page.locator("dl.facts")).toContainText("nobody");
  await page.locator(".conversation-actions").getByRole("button", { name: "Refresh" }).click();
  await expect(page.locator("dl.facts")).toContainText("Ana Ruiz");
});

test("a plan that the mirror has overtaken says so and can be made again", async ({ somebody, houses }) => {
  const house = await houses({ sim: { args: ["--conversations", "90"] } });
  const page = await somebody(house);
  const { conversations, users } = await house.sim.state();
  const ids = conversations.filter((one) => one.status === "open" && one.assignee === null).slice(0, 3).map((one) => one.id);
  const id = await plan(page, { ids, assign: users[0].id });
  await house.sim.control("PUT", `/conversations/${ids[0]}`, { assignee: users[0].name });
  await visit(page, "/");
  await page.getByRole("button", { name: "Refresh" }).click();
  await until("the change to reach the mirror", async () => {
    const answer = await page.request.get(`/conversations/${ids[0]}`);
    return (await answer.text()).includes(users[0].name);
  });
  await visit(page, `/preview/${id}`);
  await expect(page.getByText("1 conversation changed since this was planned.")).toBeVisible();
  await page.getByRole("button", { name: "Plan again" }).click();
  await expect(page).toHaveURL(new RegExp(`/preview/${id + 1}$`));
  await expect(page.locator("p.price")).toContainText("2 will change · 1 already so · 2 requests");
  await start(page);
  await untilFinished(page);
  expect(sorted(await house.sim.writes())).toEqual(sorted(ids.slice(1).map((one) => assignTo(one, users[0].id))));
});
