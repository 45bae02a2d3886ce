// Rules that are tried before they act, applied to what is there, and explained.

import { expect, test, visit } from "../support/fixtures.mjs";
import { addNote, assignTo, sorted, start, tagWith, untilFinished } from "../support/triage.mjs";

test.use({ plan: { sim: { args: ["--conversations", "1200"] } } });

const headline = (page) => page.locator(".came-of-it h2");
const differences = (page) => page.getByRole("table", { name: "Conversations" });
const backtest = (page) => page.getByRole("button", { name: "Backtest", exact: true });

/** The four rules of Hiver's tutorial, with users and tags of this account. */
function tutorial({ users, tags }) {
  const [first, second, third] = users;
  const tag = (name) => tags.find((one) => one.name === name);
  return [
    { keyword: "refund", tag: tag("refund"), assignee: first },
    { keyword: "card", tag: tag("card arrival"), assignee: second },
    { keyword: "transfer", tag: tag("transfer"), assignee: third },
    { keyword: "top", tag: tag("top up"), assignee: first },
  ];
}

/** What the tutorial's script sends: the first keyword in the lower-cased subject of what is open and nobody's. */
function script(conversations, entries) {
  return conversations
    .filter((one) => one.status === "open" && one.assignee === null)
    .flatMap((one) => {
      const entry = entries.find(({ keyword }) => (one.subject ?? "").toLowerCase().includes(keyword));
      if (!entry) return [];
      const note = `Auto-assigned: subject matched keyword "${entry.keyword}".`;
      return [
        assignTo(one.id, entry.assignee.id),
        ...(one.tags.includes(entry.tag.id) ? [] : [tagWith(one.id, entry.tag.id)]),
        addNote(one.id, note),
      ];
    });
}

const written = (entries) =>
  entries.map(({ keyword, tag, assignee }) => ({ keyword, tag: tag.name, assignee: assignee.id }));

/** Puts rules into the draft of whoever looks at `page`. */
async function edit(page, document) {
  const form = { document: JSON.stringify(document), how: "replace" };
  const answer = await page.request.post("/rules/import", { form, headers: { accept: "text/html" } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

async function save(page) {
  await visit(page, "/rules/save");
  await page.getByRole("button", { name: /^Save( anyway)?$/ }).last().click();
  await expect(page).not.toHaveURL(/\/rules\/save/);
}

/** Tries what is chosen over a filter. */
async function tried(page, filter, { rules = "draft" } = {}) {
  await visit(page, `/rules/backtest?rules=${rules}`);
  await page.getByLabel("Filter").fill(filter);
  await backtest(page).click();
  await expect(headline(page)).toBeVisible();
}

test("the tutorial's rules: backtest, apply, and a ledger as its script leaves it", async ({ house, somebody }) => {
  const page = await somebody(house);
  const before = await house.sim.state();
  const entries = tutorial(before);
  const expected = script(before.conversations, entries);
  const acted = new Set(expected.map((one) => one.path.split("/")[4])).size;
  expect(acted).toBeGreaterThan(20);
  await edit(page, written(entries));
  await house.sim.control("DELETE", "/ledger");

  await tried(page, "status:open");
  await expect(headline(page)).toContainText(`${acted} conversations would change`);
  await expect(page.locator(".price")).toContainText(`${expected.length} requests`);
  expect(await house.sim.writes(), "a backtest sends nothing").toEqual([]);
  // Paging and reloading look at the same result.
  const address = page.url();
  await page.getByRole("link", { name: "Next", exact: true }).click();
  await expect(page.locator(".pager-label")).toHaveText(/^21–/);
  await page.reload();
  await expect(page.locator(".pager-label")).toHaveText(/^21–/);
  await visit(page, address);
  await page.getByRole("button", { name: "Apply to these now" }).click();
  await expect(page).toHaveURL(/\/preview\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: "Preview" })).toBeVisible();
  expect(await house.sim.writes()).toEqual([]);
  await start(page);
  await untilFinished(page);
  expect(sorted(await house.sim.writes())).toEqual(sorted(expected));

  // A change of the run leads to what the rule did.
  await page.locator("td.change a", { hasText: "why" }).first().click();
  await expect(page.getByRole("heading", { level: 2, name: "What rules did" })).toBeVisible();
  await expect(page.locator(".acts li")).toHaveCount(1);
  await expect(page.locator(".acts li")).toContainText("Assign to");

  // What was done is done: nothing is left to them.
  await tried(page, "status:open");
  await expect(headline(page)).toHaveText("No conversation would change");
});

test("edited rules beside the live ones: none differ, then some, each with before, after and why", async ({
  house,
  somebody,
}) => {
  const page = await somebody(house);
  const state = await house.sim.state();
  const entries = tutorial(state);
  await edit(page, written(entries));
  await save(page);

  await tried(page, "", { rules: "live" });
  await expect(headline(page)).toContainText(/would change$/);
  await tried(page, "status:closed");
  await expect(headline(page)).toContainText(/^No conversation would (end differently|change)/);
  await expect(page.locator(".nothing-what")).toBeVisible();

  await visit(page, "/rules/backtest?q=status%3Aopne");
  await expect(page.getByRole("alert")).toContainText("opne");

  // Somebody else's rule, for cards.
  const changed = written(entries);
  changed[1].assignee = state.users[5].id;
  await edit(page, changed);
  await tried(page, "");
  await expect(headline(page)).toContainText(/^[\d,]+ conversations? would end differently/);
  const row = differences(page).locator("tbody tr").first();
  await expect(row.locator("td.after").last()).toContainText(state.users[5].name);
  await row.getByRole("link", { name: "why" }).click();
  await expect(page.getByRole("heading", { level: 2, name: "What would happen now" })).toBeVisible();
  await expect(page.locator(".summary-line")).toContainText(state.users[5].name);
});

test("why no rule acts is told from the conversation, without scripts too", async ({ house, somebody }) => {
  const page = await somebody(house);
  const state = await house.sim.state();
  const entries = tutorial(state);
  await edit(page, written(entries));
  const closed = state.conversations.find(
    (one) => one.status === "closed" && (one.subject ?? "").toLowerCase().includes("card"),
  );
  await visit(page, `/conversations/${closed.id}`);
  await page.getByRole("link", { name: "Rules", exact: true }).last().click();
  await expect(page.getByRole("heading", { level: 2, name: "What would happen now" })).toBeVisible();
  await expect(page.locator(".nothing-what")).toHaveText("No rules");
  await page.locator("select[name=rules]").selectOption("draft");
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await expect(page.locator(".summary-line")).toHaveText("Nothing: none of 4 rules fits.");
  const card = page.locator(".explained > li").nth(1);
  await expect(card.locator("summary")).toContainText("does not fit");
  await expect(card.locator("summary .why-not")).toContainText("closed");
  await expect(card.locator(".findings")).toBeHidden();
  await card.locator("summary").click();
  await expect(card.locator(".findings")).toBeVisible();
  await expect(card.locator(".findings")).toContainText("it is open");

  const plain = await somebody(house, { scripts: false });
  await visit(plain, "/rules/explain");
  await plain.getByLabel("Conversation").fill("card");
  await plain.getByRole("button", { name: "Explain", exact: true }).click();
  await plain.locator(".offered a").first().click();
  await expect(plain.locator(".explained > li")).toHaveCount(4);
  await visit(plain, "/rules/backtest");
  await plain.getByLabel("Filter").fill("status:open");
  await backtest(plain).click();
  const again = plain.getByRole("link", { name: "Look how far it is" });
  await expect(async () => {
    if (await again.isVisible()) await again.click();
    await expect(headline(plain)).toBeVisible({ timeout: 500 });
  }).toPass();
});

test("a viewer tries the live rules, and applies nothing", async ({ house, somebody }) => {
  const viewer = await house.operator("vera", "viewer");
  const page = await somebody(house, { as: viewer });
  await visit(page, "/rules/backtest");
  await expect(page.locator("select[name=rules]").locator("option")).toHaveText(["Live: no rules yet"]);
  await backtest(page).click();
  await expect(headline(page)).toHaveText("No conversation would change");
  await expect(page.getByRole("button", { name: "Apply to these now" })).toHaveCount(0);
});
