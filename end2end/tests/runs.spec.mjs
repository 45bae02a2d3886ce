import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { until } from "../support/programs.mjs";
import {
  addNote, assignTo, choose, number, openList, plan, preview, runState, selectAll, selection, sorted, start, startRun,
  tagWith, untilFinished, writeNote,
} from "../support/triage.mjs";

const SMALL = { sim: { args: ["--conversations", "300"] } };
const counts = (page) => page.locator(".outcome-counts").first();
const countOf = async (page, outcome) => {
  const text = await counts(page).textContent();
  return number(text.match(new RegExp(`([\\d,]+) ${outcome}`))?.[1] ?? "0");
};

/** Ids that are open, oldest first, the given number of them. */
async function openIds(sim, count) {
  const { conversations } = await sim.state();
  const ids = conversations.filter((one) => one.status === "open" && one.assignee === null).map((one) => one.id);
  expect(ids.length).toBeGreaterThanOrEqual(count);
  return ids.slice(0, count);
}

async function notesOf(sim, ids) {
  const { conversations } = await sim.state();
  const wanted = new Set(ids);
  return conversations.filter((one) => wanted.has(one.id)).map((one) => one.notes.length);
}

test.describe("a console that is killed in the middle", () => {
  test.use({ plan: { sim: { args: ["--conversations", "1500"] }, console: { rate: 60 } } });

  test("goes on where it was: nothing lost, no note twice", async ({ house, somebody, watch }) => {
    const page = await somebody(house);
    const { users, tags } = await house.sim.state();
    const [user, tag] = [users[2], tags.find((one) => one.name === "feedback")];
    const ids = await openIds(house.sim, 100);
    const id = await plan(page, { ids, assign: user.id, addTags: [tag.id], note: "Once and only once" });
    await house.sim.control("PUT", "/latency", { ms: 60 });
    await visit(page, `/preview/${id}`);
    await start(page);
    await until("a third of the run", async () => (await house.sim.writes()).length > 100);
    const held = async () => (await house.sim.writes()).filter((write) => write.status === null);
    const waitingNotes = async () => (await held()).filter((write) => write.path.endsWith("/notes"));
    // Everything that the console is sending has arrived, so nothing is on its way at the kill.
    const allHeld = async () => {
      const { progress } = await (await page.request.get(`/api/run?id=${id}`)).json();
      const sending = progress.counts.find(([outcome]) => outcome === "sending")?.[1] ?? 0;
      return sending > 0 && sending === (await held()).length;
    };
    for (let tries = 1; ; tries += 1) {
      await house.sim.hold();
      await until("all that is sent to be held", allHeld);
      if ((await waitingNotes()).length > 0) break;
      expect(tries, "one of them is a note").toBeLessThan(20);
      const { length } = await house.sim.writes();
      await house.sim.release();
      await until("the run to go on", async () => (await house.sim.writes()).length > length + 3);
    }

    watch.away = true;
    await house.console.stop("SIGKILL");
    const inFlight = await waitingNotes();
    const sentBefore = (await house.sim.writes()).length;
    await expect(page.getByText("Out of touch with the console")).toBeVisible();
    await house.sim.release();
    await house.sim.control("PUT", "/latency", { ms: 0 });
    await house.start();
    await expect(page.getByText("Out of touch with the console")).toBeHidden({ timeout: 30_000 });
    watch.away = false;
    await page.reload();
    await alive(page);
    await untilFinished(page);

    expect(await countOf(page, "uncertain")).toBe(inFlight.length);
    // An assignment or tag that was under way is read first, and may be found as it was wished.
    expect((await countOf(page, "done")) + (await countOf(page, "unchanged"))).toBe(300 - inFlight.length);
    await page.getByRole("link", { name: /uncertain$/ }).first().click();
    await expect(page).toHaveURL(/outcome=uncertain/);
    const changes = page.getByRole("table", { name: "Changes" });
    await expect(changes.locator("tbody tr")).toHaveCount(inFlight.length);
    await expect(changes.locator("td.change").first()).toHaveText("Add note");
    await expect(page.getByText(/By itself it is not sent again, so nothing happens twice/)).toBeVisible();

    const writes = await house.sim.writes();
    expect(writes.length, "it was killed before the end").toBeGreaterThan(sentBefore);
    const notes = writes.filter((write) => write.path.endsWith("/notes"));
    expect(sorted(notes)).toEqual(sorted(ids.map((one) => addNote(one, "Once and only once"))));
    expect(await notesOf(house.sim, ids)).toEqual(ids.map(() => 1));
    const after = await house.sim.state();
    for (const one of after.conversations.filter((each) => ids.includes(each.id))) {
      expect(one.assignee).toBe(user.id);
      expect(one.tags).toContain(tag.id);
    }
  });
});

test.describe("a run", () => {
  test.use({ plan: SMALL });

  test("is cancelled before its next request", async ({ house, somebody }) => {
    const page = await somebody(house);
    const { users } = await house.sim.state();
    const ids = await openIds(house.sim, 30);
    const id = await plan(page, { ids, assign: users[0].id, note: "About to stop" });
    await visit(page, `/preview/${id}`);
    await house.sim.hold();
    await start(page);
    await house.sim.untilWaiting();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("button", { name: "Cancelling …" })).toBeDisabled();
    const sent = (await house.sim.writes()).length;
    await house.sim.release();
    await expect(runState(page)).toHaveText("cancelled");
    await expect(page.getByRole("button", { name: /Cancel/ })).toHaveCount(0);
    const writes = await house.sim.writes();
    expect(writes.length).toBe(sent);
    expect(await countOf(page, "done")).toBe(sent);
    expect(await countOf(page, "cancelled")).toBe(60 - sent);
    await expect(page.getByText("Cancelled. Everything that was sent before is done.")).toBeVisible();

    // What was cancelled stays cancelled: another run is sent, and nothing of this one.
    const other = await plan(page, { ids: ids.slice(-1), status: "pending" });
    await visit(page, `/preview/${other}`);
    await start(page);
    await untilFinished(page);
    expect((await house.sim.writes()).length).toBe(sent + 1);
  });

  test("starts once, whatever is pressed twice", async ({ house, somebody }) => {
    const page = await somebody(house);
    const { users } = await house.sim.state();
    const ids = await openIds(house.sim, 12);
    const id = await plan(page, { ids, assign: users[1].id, note: "Not twice" });
    const expected = ids.flatMap((one) => [assignTo(one, users[1].id), addNote(one, "Not twice")]);
    const address = `/preview/${id}`;

    const second = await page.context().newPage();
    await visit(page, address);
    await visit(second, address);
    await house.sim.hold();
    await startRun(page).dblclick();
    await expect(page).toHaveURL(/\/runs\/\d+$/);
    const run = page.url();
    // The other tab hears of it.
    await expect(second.getByText("This plan was started. It runs once")).toBeVisible();
    await expect(startRun(second)).toHaveCount(0);
    await second.getByRole("link", { name: "Open the run" }).click();
    await expect(second).toHaveURL(run);

    await page.goBack();
    await expect(page).toHaveURL(new RegExp(`${address}$`));
    await expect(page.getByText("This plan was started. It runs once")).toBeVisible();
    await expect(startRun(page)).toHaveCount(0);
    await page.getByRole("link", { name: "Open the run" }).click();
    await expect(page).toHaveURL(run);
    // The form as an old page would still send it, after the start and once more after the end.
    const again = () => page.request.post("/api/start_run", { form: { id }, headers: { accept: "text/html" } });
    expect((await again()).url()).toBe(run);
    await house.sim.release();
    await untilFinished(page);
    expect((await again()).url()).toBe(run);
    await visit(page, "/runs");
    await expect(page.locator("li.run-line")).toHaveCount(1);
    expect(sorted(await house.sim.writes())).toEqual(sorted(expected));
  });

  test("goes on through a reload and a sign-out, and others see it live", async ({ house, somebody }) => {
    const lead = await house.operator("Second Person", "lead");
    const page = await somebody(house);
    const other = await somebody(house, { as: lead });
    const { users } = await house.sim.state();
    const ids = await openIds(house.sim, 20);
    const id = await plan(page, { ids, assign: users[3].id });
    await visit(page, `/preview/${id}`);
    await visit(other, "/runs");
    await expect(other.getByText("No runs yet")).toBeVisible();
    await house.sim.hold();
    await start(page);
    await house.sim.untilWaiting();

    await expect(other.locator("li.run-line")).toHaveCount(1);
    await other.locator("li.run-line a").first().click();
    await expect(runState(other)).toHaveText("running");
    await page.reload();
    await alive(page);
    await expect(runState(page)).toHaveText("running");
    await expect(counts(page)).toContainText(/\d+ sending/);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/login$/);
    await alive(page);

    await other.evaluate(() => (window.sameDocument = true));
    await house.sim.release();
    await untilFinished(other);
    await expect(counts(other)).toContainText("20 done");
    await expect(other.locator(".outcome-waiting, .outcome-sending")).toHaveCount(0);
    expect(await other.evaluate(() => window.sameDocument)).toBe(true);
    expect(sorted(await house.sim.writes())).toEqual(sorted(ids.map((one) => assignTo(one, users[3].id))));
  });

  test("sends nothing for what already is so, and says so before", async ({ house, somebody }) => {
    const page = await somebody(house);
    const { conversations, tags } = await house.sim.state();
    const vip = tags.find((tag) => tag.name === "vip");
    const open = conversations.filter((one) => one.status === "open");
    const tagged = open.filter((one) => one.tags.includes(vip.id));
    expect(tagged.length).toBeGreaterThan(0);
    await openList(page, "status:open");
    await selectAll(page).click();
    await choose(page, "Add tag", "vip");
    await preview(page);
    await expect(page.locator("p.price")).toContainText(
      `${open.length - tagged.length} will change · ${tagged.length} already so · ${open.length - tagged.length} requests`,
    );
    await page.getByText(/already so: nothing is sent for them/).click();
    await expect(page.getByRole("table", { name: "Already so" }).locator("tbody tr")).toHaveCount(tagged.length);
    await start(page);
    await untilFinished(page);
    const wanted = open.filter((one) => !one.tags.includes(vip.id)).map((one) => tagWith(one.id, vip.id));
    expect(sorted(await house.sim.writes())).toEqual(sorted(wanted));

    await openList(page, "status:open");
    await selectAll(page).click();
    await choose(page, "Add tag", "vip");
    await preview(page);
    await expect(page.getByText("Everything already is as wished: there is nothing to send.")).toBeVisible();
    await expect(startRun(page)).toHaveCount(0);
  });

  test("names what Hiver refused, and a lost answer to a note is left to a person", async ({ house, somebody }) => {
    const page = await somebody(house);
    const ids = await openIds(house.sim, 3);
    await house.sim.failNext({ kind: "cut", method: "POST", path_suffix: `${ids[0]}/notes` });
    await house.sim.failNext({ kind: "429", method: "POST", path_suffix: `${ids[1]}/notes` });
    const id = await plan(page, { ids, note: "Lost on the way" });
    await visit(page, `/preview/${id}`);
    await start(page);
    await untilFinished(page);
    await expect(counts(page)).toContainText("2 done");
    await expect(counts(page)).toContainText("1 uncertain");
    await expect(page.getByRole("heading", { name: "What went wrong" })).toBeVisible();
    expect(await notesOf(house.sim, ids)).toEqual([1, 1, 1]);
  });

  test("needs a selection and something to do", async ({ house, somebody, watch }) => {
    const page = await somebody(house);
    watch.expect(422, "/api/plan");
    await openList(page, "status:open");
    await selectAll(page).click();
    await page.getByRole("button", { name: "Preview", exact: true }).click();
    await expect(selection(page).getByRole("alert")).toBeVisible();
    await expect(page).toHaveURL(/\/triage/);
    await writeNote(page, "Now there is");
    await preview(page);
  });
});
