import { alive, expect, lookingTest, visit } from "../support/fixtures.mjs";
import { filterBox, list, openList, rows, selectAll, triage, written } from "../support/triage.mjs";

const test = lookingTest({ sim: { args: ["--conversations", "700", "--times"] } });

/** The conversations of the account that a filter is meant to list. */
async function counted(house, holds) {
  const state = await house.sim.state();
  const user = (name) => state.users.find((one) => one.name === name).id;
  const tag = (name) => state.tags.find((one) => one.name === name).id;
  return state.conversations.filter((one) => holds(one, { user, tag })).length;
}

async function showsCount(page, count) {
  await expect(selectAll(page)).toHaveText(`Select all ${written(count)} matching`);
}

test.describe("a filter that cannot be read", () => {
  for (const [filter, marked, words] of [
    ["status:opne", "opne", "open"],
    ["is:unassigned mailbox:Nowhere", "Nowhere", "No mailbox is called `Nowhere`"],
    ['status:open "never closed', '"never closed', '"'],
    ["tag:vpi", "vpi", "vip"],
    ["refund )", ")", "closes nothing"],
  ]) {
    test(`${filter}: the place is marked and nothing is listed`, async ({ house, somebody }) => {
      const page = await somebody(house);
      await openList(page, filter);
      const problem = page.getByRole("alert");
      await expect(problem).toContainText(words);
      const mark = problem.locator("mark");
      await expect(mark).toHaveCount(1);
      expect(filter).toContain(await mark.textContent());
      await expect(mark).toContainText(marked);
      await expect(problem.locator("code")).toHaveText(filter);
      await expect(list(page)).toHaveCount(0);
      await expect(selectAll(page)).toHaveCount(0);
      await filterBox(page).fill("status:open");
      await filterBox(page).press("Enter");
      await expect(rows(page).first()).toBeVisible();
      await expect(problem).toHaveCount(0);
    });
  }
});

test.describe("a filter with quotes and spaces", () => {
  const DAY = 24 * 60 * 60 * 1000;
  for (const [filter, holds] of [
    ['tag:"needs reply"', (one, { tag }) => one.tags.includes(tag("needs reply"))],
    [`assignee:"Siobhán O'Connor" status:open`, (one, { user }) => one.assignee === user("Siobhán O'Connor") && one.status === "open"],
    [`assignee:"siobhan o'connor"`, (one, { user }) => one.assignee === user("Siobhán O'Connor")],
    ["tag:billing -tag:vip", (one, { tag }) => one.tags.includes(tag("billing")) && !one.tags.includes(tag("vip"))],
    ["subject:refund", (one) => /(^|[^\p{L}\p{N}])refund/iu.test(one.subject ?? "")],
    ['"top up"', (one) => (one.subject ?? "").toLowerCase().includes("top up")],
    ["older_than:30d status:open", (one) => Date.now() - one.created_ms >= 30 * DAY && one.status === "open"],
    ["newer_than:10d", (one) => Date.now() - one.created_ms < 10 * DAY],
    ["(status:pending OR status:closed) is:unassigned", (one) => one.status !== "open" && one.assignee === null],
  ]) {
    test(filter, async ({ house, somebody }) => {
      const page = await somebody(house);
      const count = await counted(house, holds);
      expect(count).toBeGreaterThan(0);
      await openList(page, "status:open");
      await filterBox(page).fill(filter);
      await filterBox(page).press("Enter");
      await showsCount(page, count);
      expect(new URL(page.url()).searchParams.get("q")).toBe(filter);
      await page.reload();
      await alive(page);
      await expect(filterBox(page)).toHaveValue(filter);
      await showsCount(page, count);
    });
  }
});

test("a filter with what means something in an address", async ({ house, somebody }) => {
  const page = await somebody(house);
  for (const filter of ['-"a&b=c"', '-"50%25"', '-"1+1"', '-"#1"', '-"é/ü?"']) {
    await openList(page, filter);
    // One of the 700 has no known subject: neither a word nor its negation lists it.
    await showsCount(page, 699);
    await page.getByRole("link", { name: "Next", exact: true }).click();
    await expect(page.locator(".pager-label")).toHaveText(/^51–/);
    await expect(filterBox(page)).toHaveValue(filter);
    expect(new URL(page.url()).searchParams.get("q")).toBe(filter);
  }
});

test("the address is the state: filter, order and page", async ({ house, somebody }) => {
  const page = await somebody(house);
  await visit(page, "/triage");
  const subjects = () => list(page).locator("td.subject").allTextContents();
  const ids = () => rows(page).getByRole("checkbox").evaluateAll((all) => all.map((box) => box.value));
  await filterBox(page).fill("status:open");
  await filterBox(page).press("Enter");
  const open = await counted(house, (one) => one.status === "open");
  await showsCount(page, open);

  const heading = (name) => list(page).getByRole("columnheader", { name });
  await heading("Subject").getByRole("link").click();
  await expect(heading("Subject")).toHaveAttribute("aria-sort", "ascending");
  const ascending = await subjects();
  await heading("Subject").getByRole("link").click();
  await expect(heading("Subject")).toHaveAttribute("aria-sort", "descending");
  await expect.poll(subjects).not.toEqual(ascending);
  expect(page.url()).toContain("sort=subject&dir=desc");

  // Pages do not overlap and leave nothing out.
  const seen = [];
  const pages = Math.ceil(open / 50);
  for (let number = 1; number <= pages; number += 1) {
    await expect(page.locator(".pager-label")).toHaveText(new RegExp(`^${written((number - 1) * 50 + 1)}–`));
    seen.push(...(await ids()));
    if (number < pages) await page.getByRole("link", { name: "Next", exact: true }).click();
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBe(open);
  const last = await ids();
  const address = page.url();
  expect(address).toContain(`page=${pages}`);

  await page.reload();
  await alive(page);
  expect(page.url()).toBe(address);
  expect(await ids()).toEqual(last);
  await expect(filterBox(page)).toHaveValue("status:open");
  await expect(heading("Subject")).toHaveAttribute("aria-sort", "descending");

  await page.goBack();
  await expect(page.locator(".pager-label")).toHaveText(new RegExp(`^${written((pages - 2) * 50 + 1)}–`));
  await page.goForward();
  await expect.poll(ids).toEqual(last);

  // A new filter starts at its first page and keeps the order.
  await filterBox(page).fill("status:pending");
  await filterBox(page).press("Enter");
  await expect(page.locator(".pager-label")).toHaveText(/^1–/);
  await expect(heading("Subject")).toHaveAttribute("aria-sort", "descending");
  await expect(page).toHaveURL(/sort=subject/);
  await page.goBack();
  await expect(filterBox(page)).toHaveValue("status:open");
  await expect.poll(ids).toEqual(last);
});

test("every column sorts, both ways", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  const { mailboxes, conversations } = await house.sim.state();
  const open = conversations.filter((one) => one.status === "open");
  const name = (id) => mailboxes.find((one) => one.id === id).name;
  for (const [column, cell, first, last] of [
    ["Mailbox", "td.mailbox", ...[open.map((one) => name(one.mailbox_id)).sort()].flatMap((all) => [all[0], all.at(-1)])],
    ["Age", "td.age", /^(just now|\d+ (min|h))/, /^(5\d|60) d/],
  ]) {
    const heading = list(page).getByRole("columnheader", { name: column, exact: true });
    const link = heading.getByRole("link");
    if ((await heading.getAttribute("aria-sort")) !== "ascending") await link.click();
    await expect(heading).toHaveAttribute("aria-sort", "ascending");
    await expect(rows(page).first().locator(cell)).toHaveText(first);
    await link.click();
    await expect(heading).toHaveAttribute("aria-sort", "descending");
    await expect(rows(page).first().locator(cell)).toHaveText(last);
  }
});

test("links below the box switch a term on and off", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "refund");
  await page.getByRole("link", { name: "Unassigned", exact: true }).click();
  await expect(filterBox(page)).toHaveValue("refund is:unassigned");
  await page.getByRole("link", { name: "Cards", exact: true }).click();
  await expect(filterBox(page)).toHaveValue("refund is:unassigned mailbox:Cards");
  await page.getByRole("link", { name: "Billing", exact: true }).click();
  await expect(filterBox(page)).toHaveValue("refund is:unassigned mailbox:Billing");
  await page.getByRole("link", { name: "Unassigned", exact: true }).click();
  await expect(filterBox(page)).toHaveValue("refund mailbox:Billing");
  const state = await house.sim.state();
  const billing = state.mailboxes.find((one) => one.name === "Billing").id;
  const refunds = (one) => one.mailbox_id === billing && /(^|[^\p{L}\p{N}])refund/iu.test(one.subject ?? "");
  await showsCount(page, state.conversations.filter(refunds).length);
});

test("what matches nothing says so", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "zebra-crossing");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.getByRole("link", { name: "Show everything" }).click();
  await expect(page).toHaveURL(/\/triage$/);
  await showsCount(page, 700);
});

test("a conversation opens from the list and leads back", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open is:unassigned");
  const row = rows(page).first();
  const id = await row.getByRole("checkbox").getAttribute("value");
  const subject = await row.locator("bdi").textContent();
  await row.locator("td.subject a").click();
  await expect(page).toHaveURL(new RegExp(`/conversations/${id}$`));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(subject);
  await expect(page.getByText(id)).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(triage("status:open is:unassigned"));
  await expect(rows(page).first().getByRole("checkbox")).toHaveValue(id);
});
