// Rules are written, kept, moved, saved, compared, restored and imported.

import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { until } from "../support/programs.mjs";

const CONVERSATIONS = 400;
test.use({ plan: { sim: { args: ["--conversations", String(CONVERSATIONS)] } } });

const TUTORIAL = [
  ["invoice", "billing"],
  ["refund", "billing"],
  ["login", "technical"],
  ["password", "technical"],
];
const NOTE = 'Auto-assigned: subject matched keyword "{{matched}}".';

const button = (page, name) => page.getByRole("button", { name, exact: true });
const field = (page, id) => page.locator(`[id="${id}"]`);
const lines = (page) => page.locator("li.rule-line");
const names = (page) => page.locator("li.rule-line .rule-head a").allTextContents();
const matches = (page) => page.locator(".matches-count");

/** Waits until the server has what the page shows. */
async function kept(page, act) {
  const answer = page.waitForResponse((one) => one.request().method() === "POST" && one.url().includes("/rules"));
  await act();
  await answer;
}

/** Begins a rule; gives the page of it. */
async function begin(page, name) {
  await visit(page, "/rules");
  await page.getByLabel("Name of the new rule").fill(name);
  await button(page, "New rule").click();
  await expect(page).toHaveURL(/\/rules\/[a-z0-9-]+$/);
  await alive(page);
}

/** Picks from a list, and waits until the page has taken it in. */
async function pick(page, id, choice) {
  if (page.withoutScripts) {
    await field(page, id).selectOption(choice);
    await button(page, "Look again").click();
    return page.waitForLoadState();
  }
  await kept(page, () => field(page, id).selectOption(choice));
}

async function press(page, name) {
  if (page.withoutScripts) {
    await button(page, name).first().click();
    return page.waitForLoadState();
  }
  await kept(page, () => button(page, name).first().click());
}

/** One rule of the tutorial, by hand. */
async function byHand(page, keyword, tag, user) {
  await begin(page, keyword);
  await press(page, "+ Condition");
  await pick(page, "c.0:what", "status");
  await pick(page, "c.0:statuses", "open");
  await press(page, "+ Condition");
  await pick(page, "c.1:what", "assignee");
  await press(page, "+ Condition");
  await pick(page, "c.2:text", "lowercase_contains");
  await field(page, "c.2:texts").fill(keyword);
  await pick(page, "assign", { label: `assign to ${user}` });
  await pick(page, "add_tags", { label: tag });
  await field(page, "note").fill(NOTE);
  if (page.withoutScripts) await field(page, "stop").check();
  else await kept(page, () => field(page, "stop").check());
  if (page.withoutScripts) await button(page, "Look again").click();
  await pick(page, "new_when", "on_demand");
}

async function exported(page) {
  return (await page.request.get("/rules/export")).json();
}

/** Saves from the list, with whatever warnings there are. */
async function save(page) {
  await visit(page, "/rules");
  await button(page, "Save").click();
  await page.waitForLoadState();
  const anyway = button(page, "Save anyway");
  if (await anyway.count()) await anyway.click();
  await expect(page.getByText(/Saved as version \d+/)).toBeVisible();
}

async function team(house) {
  const { users, tags } = await house.sim.state();
  return { user: users[0], other: users[1], tags };
}

function tutorial(user, list = TUTORIAL) {
  return JSON.stringify(list.map(([keyword, tag]) => ({ keyword, tag, assignee: user.id })));
}

async function paste(page, text, how = "add") {
  await visit(page, "/rules/import");
  await page.getByLabel("Document").fill(text);
  const place = how === "add" ? /^add below/ : /^replace all/;
  await page.getByLabel(place).first().check();
  await button(page, "Import").click();
  await page.waitForLoadState();
  await alive(page);
}

for (const scripts of [true, false]) {
  test(`the tutorial's rules by hand are those of its list, scripts ${scripts ? "on" : "off"}`, async ({ house, somebody }) => {
    const { user, tags } = await team(house);
    const known = tags.map((tag) => tag.name);
    for (const [, tag] of TUTORIAL) expect(known).toContain(tag);
    const page = await somebody(house, { scripts });
    // Without scripts every pick is a page of its own: one rule shows it.
    const list = scripts ? TUTORIAL : TUTORIAL.slice(0, 1);
    for (const [keyword, tag] of list) await byHand(page, keyword, tag, user.name);
    await save(page);
    const written = await exported(page);
    expect(written.$schema).toBe("rules.schema.json");
    await paste(page, tutorial(user, list), "replace");
    // It is what is in force already: there is nothing to save.
    await expect(lines(page)).toHaveCount(list.length);
    await expect(page.getByText(/^Unsaved changes/)).toHaveCount(0);
    expect(written.rules.map((rule) => rule.id)).toEqual(list.map(([keyword]) => keyword));
  });
}

test("what a rule fits is counted while it is typed", async ({ house, somebody }) => {
  const page = await somebody(house);
  const { conversations } = await house.sim.state();
  await begin(page, "Counting");
  await expect(matches(page)).toHaveText(`Matches ${CONVERSATIONS} of ${CONVERSATIONS} conversations`);
  await press(page, "+ Condition");
  await expect(field(page, "c.0:texts")).toBeFocused();
  await expect(matches(page)).toHaveText("Cannot tell yet");
  await page.keyboard.type("inv");
  const expected = conversations.filter((one) => one.subject?.toLowerCase().includes("inv")).length;
  await expect(matches(page)).toHaveText(`Matches ${expected} of ${CONVERSATIONS} conversations`);
  await expect(field(page, "c.0:texts")).toBeFocused();
  await expect(page.locator(".matches-list li")).toHaveCount(Math.min(10, expected));
  await expect(page.getByText("The rule does nothing")).toBeVisible();
  await field(page, "note").pressSequentially("{{rule}}: {{subject}}");
  await expect(page.locator(".matches .note-text")).toContainText("Counting: ");
  await expect(page.getByText("The rule does nothing")).toBeHidden();
  // What cannot be read stays, and is said where it stands.
  await pick(page, "c.0:text", "regex");
  await field(page, "c.0:texts").fill("inv(");
  await expect(page.locator('[id="wrong-c.0:texts"]')).toContainText("cannot be read");
  await page.reload();
  await alive(page);
  await expect(field(page, "c.0:texts")).toHaveValue("inv(");
  await expect(page.locator('[id="wrong-c.0:texts"]')).toContainText("cannot be read");
});

test("rules move by keyboard and by drag", async ({ house, somebody }) => {
  const { user } = await team(house);
  const page = await somebody(house);
  await paste(page, tutorial(user));
  expect(await names(page)).toEqual(["invoice", "refund", "login", "password"]);
  await button(page, "Move login up").focus();
  await kept(page, () => page.keyboard.press("Alt+ArrowUp"));
  await expect.poll(() => names(page)).toEqual(["invoice", "login", "refund", "password"]);
  await expect(page.getByRole("status").filter({ hasText: "“login” is rule 2 of 4 now." })).toBeVisible();
  await expect(button(page, "Move login up")).toBeFocused();
  // To the end and back, faster than answers come; at the end the focus stays with the rule.
  await page.keyboard.press("Alt+ArrowDown");
  await page.keyboard.press("Alt+ArrowDown");
  await expect.poll(() => names(page)).toEqual(["invoice", "refund", "password", "login"]);
  await expect(page.getByRole("status").filter({ hasText: "“login” is rule 4 of 4 now." })).toBeVisible();
  await expect(lines(page).nth(3).locator(":focus")).toHaveCount(1);
  await lines(page).nth(3).getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page.getByRole("status").filter({ hasText: "“login” is rule 2 of 4 now." })).toBeVisible();
  await expect(lines(page).nth(1).getByRole("link")).toBeFocused();
  await kept(page, () => button(page, "Move invoice down").click());
  await expect.poll(() => names(page)).toEqual(["login", "invoice", "refund", "password"]);
  await kept(page, () => lines(page).nth(3).locator(".grip").dragTo(lines(page).nth(0), { targetPosition: { x: 40, y: 4 } }));
  await expect.poll(() => names(page)).toEqual(["password", "login", "invoice", "refund"]);
  await page.reload();
  await alive(page);
  expect(await names(page)).toEqual(["password", "login", "invoice", "refund"]);
  await kept(page, () => lines(page).nth(1).getByRole("button", { name: "Shadow" }).click());
  await save(page);
  const { rules } = await exported(page);
  expect(rules.map((rule) => [rule.name, rule.mode])).toEqual([
    ["password", "on"], ["login", "shadow"], ["invoice", "on"], ["refund", "on"],
  ]);
  // Inside a rule, too.
  await alive(page);
  await lines(page).nth(2).getByRole("link").click();
  await expect(field(page, "c.0:what")).toBeVisible();
  await field(page, "c.0:what").focus();
  await kept(page, () => page.keyboard.press("Alt+ArrowDown"));
  await expect(field(page, "c.0:what")).toHaveValue("assignee");
  await expect(field(page, "c.1:what")).toHaveValue("status");
  await kept(page, () => page.keyboard.press("Control+Enter"));
  await expect(field(page, "c.3:texts")).toBeFocused();
  await page.keyboard.type("urgent");
  await expect(matches(page)).toContainText("Matches");
  await page.keyboard.press("Control+s");
  await expect(page).toHaveURL(/\/rules(\/save)?$/);
});

test("nothing typed is lost over an ended session, and removing can be undone", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  await begin(page, "Kept");
  await kept(page, () => field(page, "note").pressSequentially("first "));
  await page.context().clearCookies();
  watch.expect(401, "/rules/kept");
  await field(page, "note").pressSequentially("second");
  await expect(page.locator("form[data-out=session]")).toBeVisible();
  await button(page, "+ Condition").click();
  await expect(page.getByText("Your session had ended.")).toBeVisible();
  await page.getByLabel("Name").fill(house.admin.name);
  await page.getByLabel("Password").fill(house.admin.password);
  await button(page, "Sign in").click();
  await expect(page).toHaveURL(/\/rules\/kept$/);
  await alive(page);
  await expect(field(page, "note")).toHaveValue("first second");
  await button(page, "Remove this rule").click();
  await expect(page).toHaveURL(/\/rules$/);
  await alive(page);
  await expect(lines(page)).toHaveCount(0);
  await button(page, "Undo").click();
  await alive(page);
  await lines(page).nth(0).getByRole("link").click();
  await expect(field(page, "note")).toHaveValue("first second");
});

test("what could not be sent is there when one comes back to it", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  await begin(page, "Kept");
  await kept(page, () => field(page, "note").pressSequentially("first "));
  // Loaded again before it was sent.
  const here = page.url();
  await expect(page).toHaveTitle(/^Kept\b/);
  watch.away = true;
  await page.route(here, (route) => (route.request().method() === "POST" ? route.abort() : route.fallback()));
  await field(page, "note").pressSequentially("second ");
  await expect(page.locator("form[data-out=lost]")).toBeVisible();
  await page.reload();
  await alive(page);
  // It is no nearer, and nothing else takes its place meanwhile.
  await expect(page.locator("form[data-out=lost]")).toBeVisible();
  await page.reload();
  await alive(page);
  await expect(page.locator("form[data-out=lost]")).toBeVisible();
  await page.unroute(here);
  await expect(field(page, "note")).toHaveValue("first second ");
  watch.away = false;
  await page.reload();
  await alive(page);
  await expect(field(page, "note")).toHaveValue("first second ");
  // Left by a link after the session had ended.
  await page.context().clearCookies();
  watch.expect(401, "/rules/kept");
  await field(page, "note").press("End");
  await field(page, "note").pressSequentially("third");
  await expect(page.locator("form[data-out=session]")).toBeVisible();
  await visit(page, "/login");
  await page.getByLabel("Name").fill(house.admin.name);
  await page.getByLabel("Password").fill(house.admin.password);
  await button(page, "Sign in").click();
  await page.waitForURL((url) => url.pathname !== "/login");
  await alive(page);
  await kept(page, () => page.goto(here));
  await expect(field(page, "note")).toHaveValue("first second third");
  await page.reload();
  await expect(field(page, "note")).toHaveValue("first second third");
});

test("who saves second is shown the difference, and both go together", async ({ house, somebody }) => {
  const { user, other } = await team(house);
  const first = await somebody(house);
  await paste(first, tutorial(user));
  await save(first);
  const second = await somebody(house, { as: await house.operator("Ben", "lead") });
  for (const page of [first, second]) {
    await visit(page, "/rules/invoice");
    await pick(page, "assign", { label: `assign to ${other.name}` });
  }
  await kept(first, () => field(first, "name").fill("Bills"));
  await kept(second, () => field(second, "name").fill("Invoices"));
  await visit(second, "/rules/login");
  await kept(second, () => field(second, "note").fill("from Ben"));
  await save(first);
  await visit(second, "/rules");
  await expect(second.getByText(`Version 2 was saved by ${house.admin.name}`)).toBeVisible();
  await button(second, "Save").click();
  await alive(second);
  await expect(second.getByRole("heading", { name: "Somebody else saved meanwhile" })).toBeVisible();
  await expect(second.locator(".conflict")).toContainText("Bills");
  await expect(second.getByRole("group", { name: "Invoices" })).toBeVisible();
  await second.getByRole("radio", { name: /^Theirs/ }).check();
  await button(second, "Take in their changes").click();
  await alive(second);
  await expect(second.locator(".differences")).toContainText("from Ben");
  await save(second);
  const { rules } = await exported(second);
  const of = (id) => rules.find((rule) => rule.id === id);
  expect(of("invoice").name).toBe("Bills");
  expect(of("login").actions.note).toBe("from Ben");
  // Each save is a version, and the first can be had again.
  await visit(second, "/rules/versions");
  await expect(second.locator(".version-line")).toHaveCount(3);
  await second.getByRole("link", { name: "Version 1" }).click();
  await expect(second.getByRole("heading", { level: 1, name: "Version 1" })).toBeVisible();
  await button(second, "Restore").click();
  await alive(second);
  await expect(second.getByText("Version 1 is in force again, as version 4.")).toBeVisible();
  expect((await exported(second)).rules.find((rule) => rule.id === "invoice").name).toBe("invoice");
});

test("bad rules warn before they are saved, each in its way, and clean ones do not", async ({ house, somebody }) => {
  const page = await somebody(house);
  const note = { note: "seen" };
  const rule = (id, conditions, more = {}) => ({ id, name: id, when: ["created"], conditions, actions: note, ...more });
  const open = { status: ["open"] };
  const clean = [rule("clean", { all: [open, { assignee: "nobody" }] })];
  await paste(page, JSON.stringify({ version: 1, rules: clean }));
  await expect(page.locator(".rule-warning")).toHaveCount(0);
  await button(page, "Save").click();
  await expect(page.getByText("Saved as version 1")).toBeVisible();
  const bad = [
    rule("never", { all: [open, { status: ["closed"] }] }),
    rule("gone", { status: ["closed"] }, { actions: { add_tags: ["tag_nowhere"] } }),
    rule("nothing", { text: { test: "contains", texts: ["zebra crossing"] } }),
    rule("everything", { all: [] }),
    rule("stops", open, { stop: true }),
    rule("hidden", { all: [open, { text: { test: "contains", texts: ["e"] } }] }),
  ];
  await paste(page, JSON.stringify({ version: 1, rules: bad }), "replace");
  const words = ["can never fit", "which Hiver does not have", "fits none of", "fits every one of", "is never reached"];
  await button(page, "Save").click();
  await alive(page);
  const warnings = page.locator(".rule-warnings li");
  await expect(warnings).toHaveCount(5);
  for (const text of words) await expect(warnings.filter({ hasText: text })).toHaveCount(1);
  expect((await exported(page)).rules).toHaveLength(1);
  await button(page, "Save anyway").click();
  await expect(page.getByText("Saved as version 2")).toBeVisible();
});

test("a document that cannot be taken stays where it was pasted", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  watch.expect(422, "/rules/import");
  await paste(page, '[{ "keyword": "", "tag": "nowhere", "assignee": "nobody" }]');
  for (const place of ["[0].keyword", "[0].tag", "[0].assignee"]) {
    await expect(page.locator(".rules-said")).toContainText(place);
  }
  await expect(page.getByLabel("Document")).toHaveValue('[{ "keyword": "", "tag": "nowhere", "assignee": "nobody" }]');
  const schema = await (await page.request.get("/rules/schema.json")).json();
  expect(schema.title).toBe("Rules of Hiver Console");
});

test("a long list is found through, and who looks may not write", async ({ house, somebody }) => {
  const page = await somebody(house);
  const rules = Array.from({ length: 1_000 }, (_, number) => ({
    id: `r${number}`,
    name: `Rule number ${number}`,
    when: ["created"],
    conditions: { text: { test: "contains", texts: [`word${number}`] } },
    actions: { note: "seen" },
  }));
  await paste(page, JSON.stringify({ version: 1, rules }));
  await expect(page.getByText("1,000 rules, from top to bottom")).toBeVisible();
  await page.getByRole("searchbox", { name: "Find rules" }).fill("number 777");
  await page.keyboard.press("Enter");
  await expect(lines(page)).toHaveCount(1);
  const viewer = await somebody(house, { as: await house.operator("Vera", "viewer") });
  await visit(viewer, "/rules");
  await expect(viewer.getByText("There are no rules yet")).toBeVisible();
  await expect(button(viewer, "New rule")).toHaveCount(0);
  await until("the draft is there", async () => (await (await page.request.get("/rules")).text()).includes("Unsaved"));
});

test("what is typed before scripts are there is sent as they start", async ({ house, somebody }) => {
  const page = await somebody(house);
  await begin(page, "Early");
  const here = page.url();
  // Their arrival is in our hands.
  let arrive;
  const scripts = new Promise((now) => {
    arrive = now;
  });
  await page.route(/\.wasm/, async (route) => {
    await scripts;
    await route.continue();
  });
  await page.goto(here, { waitUntil: "commit" });
  await field(page, "note").pressSequentially("typed early");
  await field(page, "stop").check();
  await kept(page, async () => arrive());
  await alive(page);
  await expect(field(page, "note")).toHaveValue("typed early");
  await page.unroute(/\.wasm/);
  await page.reload();
  await alive(page);
  await expect(field(page, "note")).toHaveValue("typed early");
  await expect(field(page, "stop")).toBeChecked();
});
