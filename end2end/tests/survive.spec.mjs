// Runs that survive anything: paused, killed, in doubt, taken back, at the end of the day, overtaken.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { temporaryFolder, removeFolder, until } from "../support/programs.mjs";
import {
  addNote, choose, inPanel, openList, plan, preview, runState, selectAll, selection, sorted, start, startRun,
  untilFinished,
} from "../support/triage.mjs";

const counts = (page) => page.locator(".outcome-counts").first();
const changes = (page) => page.getByRole("table", { name: "Changes" });
const button = (page, name) => page.getByRole("button", { name, exact: true });

async function openIds(sim, count, { assigned = false } = {}) {
  const { conversations } = await sim.state();
  const open = conversations.filter((one) => one.status === "open" && (one.assignee !== null) === assigned);
  expect(open.length).toBeGreaterThanOrEqual(count);
  return open.slice(0, count).map((one) => one.id);
}

async function started(page, plan) {
  await visit(page, `/preview/${plan}`);
  await start(page);
}

test.describe("a long run", () => {
  test.use({ plan: { sim: { args: ["--conversations", "3000"] }, console: { rate: 40 } } });

  test("is paused, killed, started again and finishes", async ({ house, somebody, watch }) => {
    const page = await somebody(house);
    const ids = await openIds(house.sim, 120);
    await started(page, await plan(page, { ids, note: "Only once" }));
    await until("some of it", async () => (await house.sim.writes()).length > 20);
    await button(page, "Pause").click();
    await expect(runState(page)).toHaveText("paused");
    await expect(page).toHaveTitle(/^‖ Run \d+ is paused/);
    const sent = (await house.sim.writes()).length;
    await expect(page.locator(".run-time")).toContainText(`paused with ${120 - sent} requests to come`);

    watch.away = true;
    await house.console.stop("SIGKILL");
    await expect(page.getByText("Out of touch with the console")).toBeVisible();
    await house.start();
    await expect(page.getByText("Out of touch with the console")).toBeHidden({ timeout: 30_000 });
    watch.away = false;
    await page.reload();
    await alive(page);
    await expect(runState(page)).toHaveText("paused");
    expect((await house.sim.writes()).length, "nothing leaves while it is paused").toBe(sent);
    await button(page, "Resume").click();
    await untilFinished(page);
    await expect(page).toHaveTitle(/^✓ Run \d+ is done/);
    expect(sorted(await house.sim.writes())).toEqual(sorted(ids.map((one) => addNote(one, "Only once"))));
  });

  test("is overtaken by a click, and marks what it still has to do on the list", async ({ house, somebody }) => {
    const page = await somebody(house);
    const all = await house.sim.state();
    const ids = all.conversations.filter((one) => one.status === "open" && one.assignee === null).map((one) => one.id);
    const [other] = await openIds(house.sim, 1, { assigned: true });
    await house.sim.control("PUT", "/latency", { ms: 50 });
    await started(page, await plan(page, { ids, note: "The long one" }));
    await until("some of it", async () => (await house.sim.writes()).length > 10);

    const second = await page.context().newPage();
    await visit(second, `/preview/${await plan(second, { ids: [other], assign: all.users[4].id })}`);
    const before = (await house.sim.writes()).length;
    await start(second);
    await untilFinished(second);
    const writes = await house.sim.writes();
    const at = writes.findIndex((write) => write.path.endsWith("/assign"));
    // Between the look and the click itself, a few more of the long run may have left.
    expect(at - before).toBeLessThan(100);
    expect(at).toBeLessThan(ids.length);
    await expect(runState(page)).toHaveText("running");

    await button(page, "Pause").click();
    await expect(runState(page)).toHaveText("paused");
    await openList(second, "status:open is:unassigned");
    await expect(second.locator("a.badge").first()).toHaveText(/^run \d+$/);
    await button(page, "Resume").click();
    await untilFinished(page, 60_000);
  });
});

test.describe("what a run leaves", () => {
  test.use({ plan: { sim: { args: ["--conversations", "400"] } } });

  test("in doubt is settled by looking: done, or sent again", async ({ house, somebody }) => {
    const page = await somebody(house);
    const ids = await openIds(house.sim, 6);
    // One note is made without an answer, the other is not made.
    await house.sim.failNext({ kind: "cut", method: "POST", path_suffix: `${ids[0]}/notes` });
    await house.sim.failNext({ kind: "cut-before", method: "POST", path_suffix: `${ids[1]}/notes` });
    await started(page, await plan(page, { ids, note: "Seen by a person" }));
    await untilFinished(page);
    await expect(counts(page)).toContainText("2 uncertain");
    await expect(page).toHaveTitle(/^✕ Run \d+: 2 went wrong/);
    await page.getByRole("link", { name: /uncertain$/ }).first().click();
    await expect(changes(page).locator("tbody tr")).toHaveCount(2);
    const { notes } = await house.sim.conversation(ids[0]).then(({ conversations }) => conversations?.[0] ?? { notes: [1] });
    expect(notes.length).toBe(1);

    const row = (id) => changes(page).locator("tr", { has: page.locator(`a[href$="${id}"]`) });
    await row(ids[0]).getByRole("button", { name: "Mark as done" }).click();
    await expect(changes(page).locator("tbody tr")).toHaveCount(1);
    await expect(counts(page)).toContainText("5 done");
    await row(ids[1]).getByRole("button", { name: "Send again" }).click();
    await expect(counts(page)).toContainText("6 done");
    await untilFinished(page);
    await expect(page.getByText("Everything is done.")).toBeVisible();
    expect((await house.sim.writes()).length, "only the one that was missing was sent again").toBe(7);
    const { conversations } = await house.sim.state();
    for (const one of conversations.filter(({ id }) => ids.includes(id))) expect(one.notes.length).toBe(1);
    await page.getByRole("link", { name: /done$/ }).first().click();
    await expect(page.getByText(`decided by ${house.admin.name}`)).toHaveCount(2);
  });

  test("failed is tried again, and only that", async ({ house, somebody }) => {
    const page = await somebody(house);
    const ids = await openIds(house.sim, 5);
    await house.sim.failNext({ kind: "500-before", method: "PUT", path_suffix: `${ids[2]}/status`, count: 3 });
    await started(page, await plan(page, { ids, status: "pending" }));
    await untilFinished(page, 60_000);
    await expect(counts(page)).toContainText("1 failed");
    await button(page, "Retry failed").click();
    await expect(counts(page)).toContainText("5 done");
    await untilFinished(page);
    await expect(button(page, "Retry failed")).toHaveCount(0);
    expect((await house.sim.writes()).length).toBe(8);
  });

  test("is taken back, but for what a colleague changed since", async ({ house, somebody }) => {
    const page = await somebody(house);
    const before = await house.sim.state();
    const ids = await openIds(house.sim, 4, { assigned: true });
    const other = before.users.find((user) => before.conversations.every((one) => !ids.includes(one.id) || one.assignee !== user.id));
    await started(page, await plan(page, { ids, assign: other.id, status: "pending", note: "Will stay" }));
    await untilFinished(page);
    await house.sim.control("POST", "/do", { do: "set_status", id: ids[0], status: "closed" });
    await expect(page.getByText("Undo asks Hiver first how 4 conversations stand now: 4 requests")).toBeVisible();
    await page.keyboard.press("u");
    await expect(page).toHaveURL(/\/preview\/\d+$/);
    await expect(page.getByRole("heading", { level: 1, name: /^Preview: undo run \d+$/ })).toBeVisible();
    await expect(page.locator(".left-out.conflict summary")).toHaveText(
      "1 change left alone: somebody changed the conversation since",
    );
    await expect(page.getByText("4 notes stay: Hiver cannot delete notes")).toBeVisible();
    const sent = (await house.sim.writes()).length;
    await start(page);
    await untilFinished(page);
    await expect(counts(page)).toContainText("7 done");
    expect((await house.sim.writes()).length - sent).toBe(7);
    const after = await house.sim.state();
    const of = (state, id) => state.conversations.find((one) => one.id === id);
    for (const id of ids) {
      expect(of(after, id).assignee).toBe(of(before, id).assignee);
      expect(of(after, id).status).toBe(id === ids[0] ? "closed" : "open");
    }
    await page.getByRole("link", { name: /^run \d+$/ }).click();
    await expect(page.getByRole("link", { name: /^undo: \d+, finished$/ })).toBeVisible();
  });

  test("is written down with its author, and goes out as a table", async ({ house, somebody }) => {
    const page = await somebody(house);
    const { tags } = await house.sim.state();
    const ids = await openIds(house.sim, 3);
    const id = await plan(page, { ids, addTags: [tags[0].id], note: '=HYPERLINK("http://example.com")' });
    await started(page, id);
    await untilFinished(page);
    const answer = await page.request.get(`/runs/${id}/changes.csv`);
    expect(answer.headers()["content-type"]).toContain("text/csv");
    const lines = (await answer.text()).trim().split("\n");
    expect(lines.length).toBe(7);
    expect(lines[0]).toContain("conversation,subject,change,outcome,reason");

    await page.getByRole("link", { name: "Activity" }).click();
    const table = page.getByRole("table", { name: "Activity" });
    await expect(table.locator("tbody tr")).toHaveCount(6);
    await page.getByLabel("Change").selectOption("Add note");
    await button(page, "Show").click();
    await alive(page);
    await expect(table.locator("tbody tr")).toHaveCount(3);
    await expect(table.locator("td.author").first()).toHaveText(house.admin.name);
    await page.getByLabel("From").fill("2001-01-01");
    await page.getByLabel("To", { exact: true }).fill("2001-01-02");
    await button(page, "Show").click();
    await alive(page);
    await expect(page.getByText("Nothing like that was sent")).toBeVisible();
    await page.getByRole("link", { name: "Show everything" }).click();
    await expect(table.locator("tbody tr")).toHaveCount(6);
    await table.getByRole("link").first().click();
    await expect(page.getByRole("table", { name: "Done from here" })).toBeVisible();
  });

  test("can need a tag that is made on the way", async ({ house, somebody }) => {
    const page = await somebody(house);
    await openList(page, "status:open is:unassigned");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await inPanel(page, "Add tag", (panel) => panel.getByLabel("New tag").fill("Black Friday"));
    await expect(selection(page).getByText("Make and add tag Black Friday")).toBeVisible();
    await preview(page);
    await expect(page.getByText("Made first: the tag Black Friday")).toBeVisible();
    await expect(page.locator("p.price")).toContainText("2 requests");
    await start(page);
    await untilFinished(page);
    const { tags } = await house.sim.state();
    expect(tags.filter((tag) => tag.name === "Black Friday")).toHaveLength(1);
    await openList(page, 'tag:"Black Friday"');
    await selectAll(page).click();
    await choose(page, "Add tag", "Black Friday");
  });
});

test.describe("a day with a limit", () => {
  test("ends in the middle of a run, which goes on when there is room again", async ({ houses, somebody, atTheEnd }) => {
    const folder = await temporaryFolder();
    atTheEnd(() => removeFolder(folder));
    const clock = join(folder, "clock");
    await writeFile(clock, "0");
    const house = await houses({
      sim: { args: ["--conversations", "900"] },
      console: { env: { HIVER_REQUESTS_PER_DAY: "200", CONSOLE_TEST_CLOCK: clock } },
    });
    const page = await somebody(house);
    const ids = await openIds(house.sim, 60);
    const { users } = await house.sim.state();
    const id = await plan(page, { ids, assign: users[0].id, note: "Two days", status: "pending" });
    await visit(page, `/preview/${id}`);
    await expect(page.getByText(/This is more than what is left of today's requests/)).toBeVisible();
    await startRun(page).click();
    await expect(page.locator(".banner-trouble")).toContainText("Today's requests are used up", { timeout: 30_000 });
    const first = (await house.sim.writes()).length;
    expect(first).toBeGreaterThan(80);
    expect(first).toBeLessThan(150);
    await expect(page.locator(".schedule")).toContainText("waits for the day's limit");

    await writeFile(clock, String(25 * 60 * 60 * 1000));
    await expect(page.locator(".banner-trouble")).toBeHidden({ timeout: 30_000 });
    await until("the rest of it", async () => (await house.sim.writes()).length > first);
    await writeFile(clock, String(51 * 60 * 60 * 1000));
    await untilFinished(page, 60_000);
    expect((await house.sim.writes()).length).toBe(180);
    await visit(page, "/settings/budget");
    await expect(page.getByRole("heading", { level: 1, name: "Budget" })).toBeVisible();
    await expect(page.getByText(/of 200 requests sent in the last 24 hours/)).toBeVisible();
  });
});
