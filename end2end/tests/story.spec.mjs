import { alive, expect, test, visit } from "../support/fixtures.mjs";
import {
  addNote, assignTo, boxes, choose, filterBox, idsOf, list, note, number, openList, plannedRows, preview, previewButton,
  rows, runState, selectAll, selection, sorted, start, startRun, tagWith, triage, untilFinished, writeNote, written,
} from "../support/triage.mjs";

const FILTER = "status:open is:unassigned card";
const NOTE = "Asked the card team.\nThey answer by Friday — “promised”.";
const PERSON = "Siobhán O'Connor";
const TAG = "needs reply";

test.use({ plan: { sim: { args: ["--conversations", "2400"] } } });

/** Signs in as a person does. */
async function signIn(page, house) {
  await page.goto("/");
  await expect(page).toHaveURL(/\/login\?next=/);
  await alive(page);
  await page.getByLabel("Name").fill(house.admin.name);
  await page.getByLabel("Password").fill(house.admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await alive(page);
}

/** The overview shows what the simulator counts, and each number opens as many. */
async function checkOverview(page, house) {
  const { mailboxes, users, conversations } = await house.sim.state();
  const table = page.getByRole("table", { name: "Mailboxes" });
  await expect(table.locator("tbody tr")).toHaveCount(3);
  const numbers = [];
  for (const mailbox of mailboxes) {
    const row = table.getByRole("row", { name: mailbox.email });
    await expect(row.getByRole("rowheader")).toContainText(mailbox.name);
    for (const [label, count] of [
      ["unassigned", mailbox.open_unassigned],
      ["open", mailbox.open],
      ["pending", mailbox.pending],
      ["closed", mailbox.closed],
    ]) {
      const link = row.getByRole("link", { name: `${written(count)} ${label} in ${mailbox.name}`, exact: true });
      await expect(link).toHaveText(written(count));
      numbers.push([await link.getAttribute("href"), count]);
    }
  }
  const people = page.getByRole("table", { name: "Open conversations per user" });
  for (const user of users) {
    const count = conversations.filter((one) => one.assignee === user.id && one.status === "open").length;
    const link = people.getByRole("row", { name: user.name }).getByRole("link").first();
    await expect(link).toHaveText(written(count));
    numbers.push([await link.getAttribute("href"), count]);
  }
  for (const [href, count] of numbers) {
    const html = await (await page.request.get(href)).text();
    expect(html, href).toContain(count === 0 ? "Nothing matches" : `Select all ${written(count)} matching`);
  }
  // One of them as a person opens it.
  const support = mailboxes.find((mailbox) => mailbox.name === "Support");
  await table.getByRole("link", { name: /unassigned in Support$/ }).click();
  await expect(selectAll(page)).toHaveText(`Select all ${written(support.open_unassigned)} matching`);
  await alive(page);
}

/** What the simulator itself says is open, nobody's and about cards. */
async function expectedIds(sim) {
  const { conversations } = await sim.state();
  const about = conversations.filter(
    (one) => one.status === "open" && one.assignee === null && /(^|[^\p{L}\p{N}])card/iu.test(one.subject ?? ""),
  );
  return about.map((one) => one.id);
}

/** The plan on screen, the ledger and the account say the same. */
async function checkLedger(house, before, { selected, excluded, requests }) {
  const user = before.users.find((one) => one.name === PERSON).id;
  const tag = before.tags.find((one) => one.name === TAG).id;
  const was = new Map(before.conversations.map((one) => [one.id, one]));
  const expected = selected.flatMap((id) => [
    assignTo(id, user),
    ...(was.get(id).tags.includes(tag) ? [] : [tagWith(id, tag)]),
    addNote(id, NOTE),
  ]);
  const writes = await house.sim.writes();
  expect(sorted(writes)).toEqual(sorted(expected));
  expect(writes.length).toBe(requests);
  expect(writes.every((write) => write.status >= 200 && write.status < 300)).toBe(true);

  const after = await house.sim.state();
  const wanted = new Set(selected);
  for (const one of after.conversations) {
    const old = was.get(one.id);
    if (wanted.has(one.id)) {
      expect(one.assignee).toBe(user);
      expect([...one.tags].sort()).toEqual([...new Set([...old.tags, tag])].sort());
      expect(one.notes.map((each) => each.body)).toEqual([...old.notes.map((each) => each.body), NOTE]);
      expect(one.status).toBe(old.status);
    } else {
      expect(one).toEqual(old);
    }
  }
  for (const id of excluded) expect(writes.some((write) => write.path.includes(id))).toBe(false);
}

/** Reads the plan and holds it against what was selected. */
async function checkPlan(page, before, selected) {
  const line = await page.locator("p.price").textContent();
  const [, changing, requests] = line.match(/^([\d,]+) will change · (?:[\d,]+ already so · )?([\d,]+) requests? · /);
  expect(number(changing)).toBe(selected.length);
  await expect(page.getByText(`${written(selected.length)} notes stay: Hiver cannot delete notes`)).toBeVisible();
  await expect(
    page.getByText(`${written(selected.length)} assignments stay: nobody had the conversation before, and Hiver cannot unassign`),
  ).toBeVisible();
  await expect(page.getByRole("blockquote")).toHaveText(NOTE);

  const tag = before.tags.find((one) => one.name === TAG).id;
  const was = new Map(before.conversations.map((one) => [one.id, one]));
  const address = page.url();
  const planned = await plannedRows(page);
  const key = (row) => JSON.stringify([row.subject, row.changes]);
  const expected = selected.map((id) => ({
    subject: was.get(id).subject,
    changes: [
      ["assignee", "nobody", PERSON],
      was.get(id).tags.includes(tag) ? [`tag ${TAG}`, "tagged", "tagged"] : [`tag ${TAG}`, "not tagged", "tagged"],
      ["note", "", "added"],
    ],
  }));
  expect(planned.map(key).sort()).toEqual(expected.map(key).sort());
  await page.goto(address);
  await alive(page);
  return number(requests);
}

test("a morning's work: from signing in to exactly that in Hiver", async ({ house, somebody }) => {
  const page = await somebody(house, { as: null });
  await signIn(page, house);
  await checkOverview(page, house);

  await page.getByRole("link", { name: "Triage" }).click();
  await filterBox(page).fill(FILTER);
  await filterBox(page).press("Enter");
  const matching = await expectedIds(house.sim);
  expect(matching.length).toBeGreaterThan(52);
  await expect(selectAll(page)).toHaveText(`Select all ${written(matching.length)} matching`);
  expect((await idsOf(page, FILTER)).sort()).toEqual([...matching].sort());
  await expect(page).toHaveURL(triage(FILTER));

  await selectAll(page).click();
  await expect(selection(page)).toContainText(`${written(matching.length)} selected of ${written(matching.length)}`);
  const excluded = [];
  for (const position of [1, 4]) {
    const box = boxes(page).nth(position);
    excluded.push(await box.getAttribute("value"));
    await box.uncheck();
  }
  const selected = matching.filter((id) => !excluded.includes(id));
  await expect(selection(page)).toContainText(`${written(selected.length)} selected`);

  await choose(page, "Assign", PERSON);
  await choose(page, "Add tag", TAG);
  await writeNote(page, NOTE);
  const chosen = page.getByRole("list", { name: "Chosen actions" });
  await expect(chosen).toContainText(`Assign to ${PERSON}`);
  await expect(chosen).toContainText(`Add tag ${TAG}`);
  await preview(page);

  const before = await house.sim.state();
  const requests = await checkPlan(page, before, selected);
  expect(await house.sim.writes()).toEqual([]);

  // Hiver stands still in the middle, so that what is seen of the progress does not depend on luck.
  await house.sim.hold();
  await page.evaluate(() => (window.sameDocument = true));
  await start(page);
  await house.sim.untilWaiting();
  await expect(runState(page)).toHaveText("running");
  const counts = page.locator(".outcome-counts").first();
  await expect(counts).toContainText(/[\d,]+ sending/);
  await house.sim.control("PUT", "/latency", { ms: 20 });
  await house.sim.release();
  await expect(counts).toContainText(/[\d,]+ done/);
  await untilFinished(page);
  await expect(counts).toContainText(`${written(requests)} done`);
  await expect(page.getByText("Everything is done.")).toBeVisible();
  await expect(page.getByRole("table", { name: "Changes" }).locator(".outcome-done").first()).toBeVisible();
  expect(await page.evaluate(() => window.sameDocument), "nothing was loaded again").toBe(true);

  await checkLedger(house, before, { selected, excluded, requests });

  await openList(page, FILTER);
  await expect(selectAll(page)).toHaveText(`Select all ${excluded.length} matching`);
  expect((await boxes(page).evaluateAll((all) => all.map((box) => box.value))).sort()).toEqual([...excluded].sort());
  await openList(page, `status:open card assignee:"${PERSON}" tag:"${TAG}"`);
  await expect(rows(page).first().getByRole("cell", { name: PERSON })).toBeVisible();
  const listed = await idsOf(page, `status:open card assignee:"${PERSON}" tag:"${TAG}"`);
  expect(listed).toEqual(expect.arrayContaining(selected));
});

test("the same without scripts", async ({ house, somebody }) => {
  const page = await somebody(house, { as: null, scripts: false });
  await signIn(page, house);
  await checkOverview(page, house);

  await page.getByRole("link", { name: "Triage" }).click();
  await filterBox(page).fill(FILTER);
  await filterBox(page).press("Enter");
  const matching = await expectedIds(house.sim);
  await expect(selectAll(page)).toHaveText(`Select all ${written(matching.length)} matching`);
  await selectAll(page).click();
  await expect(page).toHaveURL(/select=all/);
  const shown = await boxes(page).count();
  expect(shown).toBe(50);
  expect(await boxes(page).evaluateAll((all) => all.filter((box) => box.checked).length)).toBe(shown);
  const box = boxes(page).nth(3);
  const excluded = [await box.getAttribute("value")];
  await box.uncheck();
  const selected = matching.filter((id) => !excluded.includes(id));

  await choose(page, "Assign", PERSON);
  await choose(page, "Add tag", TAG);
  await writeNote(page, NOTE);
  await previewButton(page).click();
  await expect(page).toHaveURL(/\/preview\/\d+$/);
  const before = await house.sim.state();
  const requests = await checkPlan(page, before, selected);

  await startRun(page).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await expect(async () => {
    await page.reload();
    await expect(runState(page)).toHaveText("finished", { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expect(page.locator(".outcome-counts").first()).toContainText(`${written(requests)} done`);
  await expect(page.getByText("Everything is done.")).toBeVisible();
  await checkLedger(house, before, { selected, excluded, requests });

  await page.goto(triage(FILTER));
  await expect(rows(page)).toHaveCount(excluded.length);
  await expect(list(page)).toContainText("nobody");
});
