import { alive, expect, test, visit } from "../support/fixtures.mjs";
import {
  addNote, assignTo, filterBox, list, note, openList, rows, selection, setStatus, sorted, startRun, tagWith,
  untilFinished, written,
} from "../support/triage.mjs";

test.use({ plan: { sim: { args: ["--conversations", "300"] } } });

const cursor = (page) => list(page).locator("tr.cursor");
const selected = (page) =>
  rows(page).evaluateAll((all) => all.map((row, at) => (row.querySelector("input[type=checkbox]").checked ? at : -1)).filter((at) => at >= 0));

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** Goes on with Tab until an element has the focus. */
async function tabTo(page, target, most = 60) {
  for (let count = 0; count < most; count += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Tab does not lead there");
}

test("the whole story without a mouse", async ({ house, somebody }) => {
  const page = await somebody(house, { as: null });
  await page.goto("/");
  await alive(page);
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.keyboard.type(house.admin.name);
  await press(page, "Tab");
  await page.keyboard.type(house.admin.password);
  await press(page, "Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await alive(page);

  await press(page, "g", "t");
  await expect(page).toHaveURL(/\/triage\?q=status/);
  await expect(rows(page).first()).toBeVisible();
  await press(page, "/");
  await expect(filterBox(page)).toBeFocused();
  await press(page, "Control+a");
  await page.keyboard.type("status:open is:unassigned");
  await press(page, "Enter");
  const { conversations, users, tags } = await house.sim.state();
  const open = conversations.filter((one) => one.status === "open" && one.assignee === null);
  await expect(page.getByRole("button", { name: `Select all ${written(open.length)} matching` })).toBeVisible();
  const ids = await rows(page).locator("input[type=checkbox]").evaluateAll((all) => all.map((box) => box.value));

  await press(page, "Escape");
  await filterBox(page).evaluate((element) => element.blur());
  await press(page, "j", "j", "j", "k");
  await expect(cursor(page)).toHaveAttribute("id", "row-1");
  await press(page, "x");
  expect(await selected(page)).toEqual([1]);
  await press(page, "j", "j", "j", "Shift+X");
  await expect.poll(() => selected(page)).toEqual([1, 2, 3, 4]);
  await press(page, "k", "x");
  await expect.poll(() => selected(page)).toEqual([1, 2, 4]);
  await press(page, "Escape");
  await expect.poll(() => selected(page)).toEqual([]);
  await press(page, "*", "a");
  await expect(selection(page)).toContainText(`${written(open.length)} selected`);
  await press(page, "*", "n");
  await expect.poll(() => selected(page)).toEqual([]);
  await press(page, "x", "j", "x");
  await expect.poll(() => selected(page)).toEqual([3, 4]);

  await press(page, "a");
  await expect(page.locator("#panel-assign")).toBeVisible();
  await press(page, "ArrowDown", "ArrowDown");
  await expect(page.locator("input[name=assign]:checked")).toHaveValue(users[1].id);
  await press(page, "Escape");
  await expect(page.locator("#panel-assign")).toBeHidden();
  await expect.poll(() => selected(page), "Escape closed the panel and nothing else").toEqual([3, 4]);

  await press(page, "t");
  await expect(page.locator("#panel-add-tag")).toBeVisible();
  await press(page, "Space", "Escape");
  await expect(page.locator("#panel-add-tag input:checked")).toHaveValue(tags[0].id);
  await press(page, "s");
  await expect(page.locator("#panel-set-status")).toBeVisible();
  await press(page, "ArrowDown", "ArrowDown", "Escape");
  await expect(page.locator("input[name=set_status]:checked")).toHaveValue("pending");

  await press(page, "n");
  await expect(note(page)).toBeFocused();
  const text = "jkxatsnp/?* a g t";
  await page.keyboard.type(text);
  await expect(note(page)).toHaveValue(text);
  await press(page, "Escape");
  await expect(page.locator("#panel-add-note")).toBeHidden();
  expect(await selected(page)).toEqual([3, 4]);
  await expect(page).toHaveURL(/\/triage/);

  await press(page, "p");
  await expect(page).toHaveURL(/\/preview\/\d+$/);
  await expect(startRun(page)).toBeVisible();
  await tabTo(page, startRun(page));
  await press(page, "Enter");
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await untilFinished(page);
  const picked = [ids[3], ids[4]];
  const was = (id) => conversations.find((one) => one.id === id);
  const expected = picked.flatMap((id) => [
    assignTo(id, users[1].id),
    ...(was(id).tags.includes(tags[0].id) ? [] : [tagWith(id, tags[0].id)]),
    setStatus(id, "pending"),
    addNote(id, text),
  ]);
  expect(sorted(await house.sim.writes())).toEqual(sorted(expected));

  await press(page, "g", "r");
  await expect(page).toHaveURL(/\/runs$/);
  await press(page, "g", "s");
  await expect(page).toHaveURL(/\/settings$/);
  await press(page, "g", "o");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("a letter right after Escape is a command, though the closed field still has the focus", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  await press(page, "j", "x", "n");
  await expect(note(page)).toBeFocused();
  const pressedOn = await page.evaluate(() => {
    document.querySelector("#panel-add-note").hidePopover();
    const focused = document.activeElement;
    focused.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true, cancelable: true }));
    return focused.id;
  });
  expect(pressedOn, "the browser moves the focus later").toBe("note");
  await expect(page.locator("#panel-set-status")).toBeVisible();
});

test("the filter takes the focus before the list and its choices have come", async ({ house, somebody }) => {
  const page = await somebody(house);
  await visit(page, "/");
  let letThrough;
  const held = new Promise((resolve) => (letThrough = resolve));
  await page.route(/\/api\/(choices|conversations)/, async (route) => {
    await held;
    await route.continue();
  });
  await press(page, "g", "t");
  await expect(page).toHaveURL(/\/triage\?q=status/);
  await press(page, "/");
  await expect(filterBox(page)).toBeFocused();
  letThrough();
  await expect(rows(page).first()).toBeVisible();
  await expect(filterBox(page)).toBeFocused();
});

test("letters belong to the text field that has the focus", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  await press(page, "/", "Control+a");
  await page.keyboard.type("g t j k x a ? p");
  await expect(filterBox(page)).toHaveValue("g t j k x a ? p");
  await expect(page.locator("#shortcuts")).toBeHidden();
  await expect(page.locator("#panel-assign")).toBeHidden();
  await expect(cursor(page)).toHaveCount(0);
  expect(await selected(page)).toEqual([]);
  await expect(page).toHaveURL(/\/triage\?q=status/);
  // With a modifier they belong to the browser.
  await filterBox(page).evaluate((element) => element.blur());
  await press(page, "Alt+j", "Control+x");
  await expect(cursor(page)).toHaveCount(0);
});

test("? shows the shortcuts and Escape puts them away", async ({ house, somebody }) => {
  const page = await somebody(house);
  await visit(page, "/");
  await press(page, "?");
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(dialog).toBeVisible();
  for (const words of ["Overview", "Triage", "Filter", "Select all that match", "Preview"]) {
    await expect(dialog).toContainText(words);
  }
  await press(page, "g", "t");
  await expect(page).toHaveURL(/\/$/);
  await press(page, "Escape");
  await expect(dialog).toBeHidden();
  await press(page, "g", "t");
  await expect(page).toHaveURL(/\/triage/);
});

test("Enter opens the conversation under the cursor", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  const id = await rows(page).nth(1).locator("input[type=checkbox]").getAttribute("value");
  await press(page, "j", "j", "Enter");
  await expect(page).toHaveURL(new RegExp(`/conversations/${id}$`));
});

test("the first Tab leads past the frame", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  await press(page, "Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await press(page, "Enter");
  await expect(page.locator("#main")).toBeFocused();
});
