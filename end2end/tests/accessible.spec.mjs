import AxeBuilder from "@axe-core/playwright";
import { House, alive, expect, test as base, visit } from "../support/fixtures.mjs";
import { boxes, openList, plan, selection, start, untilFinished } from "../support/triage.mjs";

// One house for all pages of a worker: an account with awkward subjects, a plan, and a run that is over.
const test = base.extend({
  shared: [
    async ({}, use) => {
      const house = await House.build({ sim: { args: ["--conversations", "250", "--empty-mailbox"] } });
      await use(house);
      await house.end();
    },
    { scope: "worker" },
  ],
  house: async ({ shared }, use) => use(shared),
});

const TAGS = ["wcag2a", "wcag2aa", "wcag21aa"];
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];

async function check(page) {
  const wrong = [];
  for (const size of SIZES) {
    await page.setViewportSize(size);
    const over = await page.evaluate(() => {
      const wide = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= wide) return [];
      const boxes = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > wide + 0.5);
      return boxes.slice(-3).map((one) => one.outerHTML.slice(0, 120));
    });
    for (const one of over) wrong.push(`${size.width}: reaches beyond the edge: ${one}`);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
      for (const { id, nodes } of violations) {
        for (const { target, failureSummary } of nodes) {
          wrong.push(`${size.width} ${colorScheme} ${id}: ${target.join(" ")}: ${failureSummary.replaceAll("\n", " ")}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
}

/** Writes a rule with much in it, and something that is wrong. */
async function write(page) {
  await visit(page, "/rules");
  await page.getByLabel("Name of the new rule").fill("A rule with much in it");
  await page.getByRole("button", { name: "New rule" }).click();
  await alive(page);
  const field = (id) => page.locator(`[id="${id}"]`);
  await page.getByRole("button", { name: "+ Group" }).click();
  await expect(field("c.0.0:texts")).toBeVisible();
  await field("new_when").selectOption("schedule");
  await expect(field("w.2:at")).toBeVisible();
  await field("assign").selectOption("round_robin");
  await expect(field("new_member")).toBeVisible();
  await field("new_member").selectOption({ index: 1 });
  await expect(field("m.0:cap")).toBeVisible();
  await field("limited").check();
  await expect(field("from")).toBeVisible();
  await field("from").fill("late");
  await expect(page.locator("#wrong-from")).toContainText("is not a time of the day");
}

async function planOf(page, house, count) {
  const { conversations, users, tags } = await house.sim.state();
  const open = conversations.filter((one) => one.status === "open" && one.assignee === null);
  return plan(page, {
    ids: open.slice(0, count).map((one) => one.id),
    assign: users[7].id,
    addTags: [tags[2].id],
    note: "A note\nof two lines",
  });
}

/** Rules that nobody has saved. */
async function importRules(page) {
  const document = JSON.stringify([{ keyword: "card", tag: "vip", assignee: "Ana Ruiz" }]);
  const form = { document, how: "replace" };
  const answer = await page.request.post("/rules/import", { form, headers: { accept: "text/html" } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

for (const [title, open, how = ""] of [
  ["Sign in", (page) => visit(page, "/login?problem=wrong")],
  ["Overview", (page) => visit(page, "/")],
  ["Triage", (page) => openList(page, "status:open")],
  ["Triage", (page) => openList(page, "status:opne"), "with a filter that cannot be read"],
  ["Triage", (page) => openList(page, "zebra-crossing"), "with nothing to list"],
  [
    "Triage",
    async (page) => {
      await openList(page, "status:open");
      await boxes(page).nth(0).check();
      await boxes(page).nth(1).check();
      await selection(page).getByRole("button", { name: "Add tag" }).click();
      await expect(page.locator("#panel-add-tag")).toBeVisible();
    },
    "with a selection and an open panel",
  ],
  ["Preview", async (page, house) => visit(page, `/preview/${await planOf(page, house, 12)}`)],
  [
    /^Run \d+$/,
    async (page, house) => {
      await visit(page, `/preview/${await planOf(page, house, 2)}`);
      await start(page);
      await untilFinished(page);
    },
  ],
  [
    "Runs",
    async (page, house) => {
      await visit(page, `/preview/${await planOf(page, house, 1)}`);
      await start(page);
      await untilFinished(page);
      await visit(page, "/runs");
      await expect(page.locator("li.run-line").first()).toBeVisible();
    },
  ],
  [
    "Conversation",
    async (page, house) => {
      const { conversations } = await house.sim.state();
      await visit(page, `/conversations/${conversations.find((one) => one.subject?.length === 2000).id}`);
    },
  ],
  [
    "Activity",
    async (page, house) => {
      await visit(page, `/preview/${await planOf(page, house, 1)}`);
      await start(page);
      await untilFinished(page);
      await visit(page, "/activity");
      await expect(page.getByRole("table", { name: "Activity" })).toBeVisible();
    },
  ],
  [
    "Backtest",
    async (page) => {
      await importRules(page);
      await visit(page, "/rules/backtest?rules=draft");
      await page.getByLabel("Filter").fill("status:open");
      await page.getByRole("button", { name: "Backtest", exact: true }).click();
      await expect(page.locator(".came-of-it h2")).toBeVisible();
    },
    "with a backtest",
  ],
  [
    "Explain",
    async (page, house) => {
      await importRules(page);
      const { conversations } = await house.sim.state();
      const long = conversations.find((one) => one.subject?.length === 2000);
      await visit(page, `/conversations/${long.id}/rules?rules=draft&rule=card`);
      await page.locator(".explained summary").first().click();
    },
    "with an explanation",
  ],
  ["Explain", (page) => visit(page, "/rules/explain?conversation=card"), "with conversations"],
  ["Budget", (page) => visit(page, "/settings/budget")],
  ["Settings", (page) => visit(page, "/settings")],
  ["Operators", (page) => visit(page, "/settings/operators")],
  [
    "Operators",
    async (page) => {
      await visit(page, "/settings/operators");
      await page.getByRole("button", { name: "Change admin", exact: true }).click();
      await expect(page.getByRole("dialog", { name: "admin", exact: true })).toBeVisible();
    },
    "with the forms of an operator open",
  ],
  ["Webhooks", (page) => visit(page, "/settings/webhooks")],
  ["People", (page) => visit(page, "/settings/people")],
  ["Time zone", (page) => visit(page, "/settings/time-zone")],
  ["Import rules", (page) => visit(page, "/rules/import"), "while a document is pasted"],
  [
    "Rules",
    async (page) => {
      await write(page);
      await visit(page, "/rules");
      await expect(page.locator(".rule-line").first()).toBeVisible();
    },
    "with unsaved changes",
  ],
  ["A rule with much in it", write, "while one is written"],
  [
    "Save the rules",
    async (page) => {
      await write(page);
      await visit(page, "/rules/save");
    },
    "before they are saved",
  ],
  ["Versions of the rules", (page) => visit(page, "/rules/versions"), "with their versions"],
  ["Reading", (page) => visit(page, "/settings/reading")],
  ["Your password", (page) => visit(page, "/settings/password")],
  [
    "Overview",
    async (page) => {
      await visit(page, "/");
      await page.keyboard.press("?");
      await expect(page.locator("#shortcuts")).toBeVisible();
    },
    "with the list of shortcuts",
  ],
]) {
  test(["reads well:", title instanceof RegExp ? "Run" : title, how].join(" ").trim(), async ({ house, somebody }) => {
    const page = await somebody(house);
    await open(page, house);
    const full = title instanceof RegExp ? /^✓ Run \d+ is done · Hiver Console$/ : `${title} · Hiver Console`;
    await expect(page).toHaveTitle(full);
    await check(page);
  });
}

test("reads well: Not found", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  watch.expect(404, "/nowhere");
  await visit(page, "/nowhere", { status: 404 });
  await expect(page).toHaveTitle("Not found · Hiver Console");
  await check(page);
});

test("reads well: Set up", async ({ houses, somebody }) => {
  const house = await houses({ sim: { args: ["--conversations", "0"] }, console: { key: null }, synced: false });
  const page = await somebody(house);
  await visit(page, "/setup");
  await expect(page).toHaveTitle("Set up · Hiver Console");
  await page.getByLabel("Key", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(page.locator(".key-answer")).toContainText("Hiver does not accept the key");
  await check(page);
});

test("a choice of dark beats a light system, and reads well too", async ({ house, somebody }) => {
  const page = await somebody(house, { colorScheme: "light" });
  await openList(page, "status:open");
  await page.getByRole("button", { name: "Light or dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await alive(page);
  await check(page);
});
