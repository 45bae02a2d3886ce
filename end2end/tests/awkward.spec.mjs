import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { KEY, PASSWORD } from "../support/programs.mjs";
import {
  assignTo, boxes, choose, filterBox, list, openList, preview, rows, selectAll, selection, sorted, start, tagWith, triage,
  untilFinished, writeNote,
} from "../support/triage.mjs";

const NO_SUBJECT = null;
const TAG = `he said "hi" & <b>bold</b> \\ back`;

/** Makes a tag as somebody else would, over Hiver's API. */
async function createTag(sim, name) {
  const answer = await fetch(`${sim.base}/tags`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  expect(answer.ok).toBe(true);
}

test.describe("awkward texts", () => {
  test.use({
    plan: { sim: { args: ["--conversations", "250", "--empty-mailbox"] }, prepare: (sim) => createTag(sim, TAG) },
  });

  test("subjects are shown as they are, and none is run", async ({ house, somebody }) => {
    const page = await somebody(house);
    const { conversations } = await house.sim.state();
    const awkward = conversations.filter(
      ({ subject }) =>
        subject === NO_SUBJECT || subject.length === 2000 || /^[<"=]|\p{Script=Arabic}|\p{Script=Hebrew}|\p{Extended_Pictographic}/u.test(subject),
    );
    expect(awkward.length).toBeGreaterThanOrEqual(8);
    for (const { id, subject } of awkward) {
      await visit(page, `/conversations/${id}`);
      const heading = page.getByRole("heading", { level: 1 });
      if (subject === NO_SUBJECT) await expect(heading).toHaveText("(no subject)");
      else expect(await heading.locator("bdi").textContent()).toBe(subject);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), subject).toBe(true);
    }
    expect(await page.locator("script", { hasText: "alert(1)" }).count()).toBe(0);

    // The same in the list, which is read page by page.
    const shown = [];
    await visit(page, "/triage");
    for (;;) {
      const label = page.locator(".pager-label");
      shown.push(...(await list(page).locator("td.subject").allTextContents()));
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      const heights = await rows(page).evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
      expect(Math.max(...heights), "a long subject keeps to its line").toBeLessThan(60);
      const next = page.getByRole("link", { name: "Next", exact: true });
      if ((await next.count()) === 0) break;
      const before = await label.textContent();
      await next.click();
      await expect(label).not.toHaveText(before);
    }
    expect(shown.sort()).toEqual(conversations.map(({ subject }) => subject ?? "(no subject)").sort());
  });

  test("names with quotes, tags with spaces and markup", async ({ house, somebody }) => {
    const name = `Ann "The Boss" O'Neil <b>&amp;</b>`;
    await house.operator(name, "lead");
    const page = await somebody(house, { as: null });
    await page.goto("/login");
    await alive(page);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.locator(".who")).toHaveText(name);
    await alive(page);

    const { users, tags, conversations } = await house.sim.state();
    const [user, tag] = [users[7], tags.find((one) => one.name === TAG)];
    const ids = conversations.filter((one) => one.status === "pending" && one.assignee !== user.id).map((one) => one.id);
    await openList(page, `status:pending -assignee:"${user.name}"`);
    await selectAll(page).click();
    await expect(selection(page)).toContainText(`${ids.length} selected`);
    await choose(page, "Assign", user.name);
    await choose(page, "Add tag", TAG);
    await preview(page);
    await expect(page.locator(".page-head")).toContainText(`by ${name}`);
    await start(page);
    await untilFinished(page);
    const expected = ids.flatMap((id) => [assignTo(id, user.id), tagWith(id, tag.id)]);
    expect(sorted(await house.sim.writes())).toEqual(sorted(expected));
    await expect(page.locator(".page-head")).toContainText(`by ${name}`);

    const filter = `tag:"${TAG.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
    await openList(page, filter);
    await expect(selectAll(page)).toHaveText(`Select all ${ids.length} matching`);
    await expect(rows(page).first().locator("td.tagged")).toContainText(TAG);
    expect(await page.locator("td.tagged b, .who b").count()).toBe(0);
  });

  test("a mailbox without conversations has zeros, and its lists are empty", async ({ house, somebody }) => {
    const page = await somebody(house);
    await visit(page, "/");
    const row = page.getByRole("row", { name: "archive@northbank.example" });
    for (const label of ["unassigned", "open", "pending", "closed"]) {
      await expect(row.getByRole("link", { name: `0 ${label} in Archive` })).toHaveText("0");
    }
    await expect(row).toContainText("none");
    await row.getByRole("link", { name: "0 open in Archive" }).click();
    await expect(filterBox(page)).toHaveValue("mailbox:Archive status:open");
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await expect(list(page)).toHaveCount(0);
  });

  test("a note with markup reaches Hiver letter by letter", async ({ house, somebody }) => {
    const page = await somebody(house);
    const text = "</textarea><script>alert(1)</script>\n<b>&amp;</b>\t“ü” 👩‍👩‍👧‍👦\nend";
    await openList(page, "status:open");
    await boxes(page).nth(0).check();
    const id = await boxes(page).nth(0).getAttribute("value");
    await writeNote(page, text);
    await preview(page);
    await expect(page.getByRole("blockquote")).toHaveText(text, { useInnerText: false });
    await start(page);
    await untilFinished(page);
    expect((await house.sim.conversation(id)).notes.map((note) => note.body)).toEqual([text]);
    await visit(page, `/conversations/${id}`);
    const history = page.getByRole("table", { name: "Done from here" });
    await expect(history.locator("tbody tr")).toHaveCount(1);
    await expect(history).toContainText("Add note");
    await expect(history).toContainText(house.admin.name);
  });
});

test.describe("an account without conversations", () => {
  test.use({ plan: { sim: { args: ["--conversations", "0"] } } });

  for (const scripts of [true, false]) {
    test(`has pages that say so, scripts ${scripts ? "on" : "off"}`, async ({ house, somebody }) => {
      const page = await somebody(house, { scripts });
      const go = async (path) => {
        await page.goto(path);
        await alive(page);
      };
      await go("/");
      const table = page.getByRole("table", { name: "Mailboxes" });
      await expect(table.locator("tbody tr")).toHaveCount(3);
      await expect(table.getByRole("link", { name: /^0 / })).toHaveCount(12);
      await go("/triage");
      await expect(page.getByText("No conversations yet")).toBeVisible();
      await go(triage("status:open is:unassigned"));
      await expect(page.getByText(/No conversations yet|Nothing matches/)).toBeVisible();
      await go("/runs");
      await expect(page.getByText("No runs yet")).toBeVisible();
    });
  }
});
