import { alive, expect, test, visit } from "../support/fixtures.mjs";
import {
  boxes, choose, inPanel, note, openList, preview, previewButton, selectAll, selection, startRun, triage, writeNote,
} from "../support/triage.mjs";

const NOTE = 'First line\nand "a second" with </textarea><script>alert(1)</script> & more';
test.use({ plan: { sim: { args: ["--conversations", "250"] } } });

test.describe("the session ends while a note is typed", () => {
  test("with scripts: the page keeps everything and says what to do", async ({ house, somebody, watch }) => {
    const page = await somebody(house);
    await openList(page, "status:open");
    await boxes(page).nth(0).check();
    await boxes(page).nth(2).check();
    await choose(page, "Add tag", "vip");
    await writeNote(page, NOTE);
    await page.context().clearCookies();
    watch.expect(401, "/api/plan");
    await previewButton(page).click();
    const alert = selection(page).getByRole("alert");
    await expect(alert).toContainText("Your session has ended.");
    await expect(note(page)).toHaveValue(NOTE);
    await expect(selection(page)).toContainText("2 selected");

    const opened = page.waitForEvent("popup");
    await alert.getByRole("link", { name: "Sign in in a new tab" }).click();
    const tab = await opened;
    await alive(tab);
    await tab.getByLabel("Name").fill(house.admin.name);
    await tab.getByLabel("Password").fill(house.admin.password);
    await tab.getByRole("button", { name: "Sign in" }).click();
    await expect(tab.getByRole("heading", { name: "Signed in" })).toBeVisible();
    await tab.close();

    await preview(page);
    await expect(page.locator("p.price")).toContainText("2 will change");
    await expect(page.getByRole("blockquote")).toHaveText(NOTE);
  });

  test("without scripts: the form comes back after signing in", async ({ house, somebody, watch }) => {
    const page = await somebody(house, { scripts: false });
    const { users } = await house.sim.state();
    await page.goto(`${triage("status:open")}&select=all`);
    const matching = Number((await selectAll(page).textContent()).match(/\d+/)[0]);
    const shown = await boxes(page).count();
    const out = await boxes(page).nth(5).getAttribute("value");
    await boxes(page).nth(5).uncheck();
    await choose(page, "Assign", users[4].name);
    await choose(page, "Add tag", "needs reply");
    await choose(page, "Set status", "pending");
    await writeNote(page, NOTE);

    await page.context().clearCookies();
    watch.expect(401, "/api/plan");
    await previewButton(page).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(page.getByText("Your session had ended.")).toBeVisible();
    // A wrong password on the way must not cost the form either.
    watch.expect(401, "/login");
    await page.getByLabel("Name").fill(house.admin.name);
    await page.getByLabel("Password").fill("not this one");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toHaveText("That name and password do not fit together.");
    await page.getByLabel("Name").fill(house.admin.name);
    await page.getByLabel("Password").fill(house.admin.password);
    await page.getByRole("button", { name: "Sign in" }).click();

    await expect(page).toHaveURL(/\/triage\?q=status/);
    await expect(note(page)).toHaveValue(NOTE);
    await expect(page.locator("input[name=assign]:checked")).toHaveValue(users[4].id);
    await expect(page.locator("#panel-add-tag input:checked")).toHaveCount(1);
    await expect(page.locator("input[name=set_status]:checked")).toHaveValue("pending");
    await expect(page.locator(`input[type=checkbox][value="${out}"]`)).not.toBeChecked();
    expect(await boxes(page).evaluateAll((all) => all.filter((box) => box.checked).length)).toBe(shown - 1);

    await previewButton(page).click();
    await expect(page).toHaveURL(/\/preview\/\d+$/);
    await expect(page.locator("p.price")).toContainText(`${matching - 1} will change`);
    await expect(page.getByRole("blockquote")).toHaveText(NOTE);
  });
});

test("a form that is refused comes back without scripts, its text never run", async ({ house, somebody }) => {
  const page = await somebody(house, { scripts: false });
  await page.goto(triage("status:open"));
  await writeNote(page, NOTE);
  await previewButton(page).click();
  await expect(page).toHaveURL(/\/triage/);
  await expect(note(page)).toHaveValue(NOTE);
  await expect(page.getByRole("alert").first()).toBeVisible();

  // The same answer in a browser that would run it.
  const lively = await somebody(house);
  const form = new URLSearchParams({ scope: "ids", filter: "status:open", note: NOTE });
  await lively.request.post("/api/plan", {
    data: form.toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html", referer: `${house.console.url}/triage` },
    maxRedirects: 0,
  });
  await visit(lively, "/triage");
  await expect(note(lively)).toHaveValue(NOTE);
  expect(await lively.locator("script", { hasText: "alert(1)" }).count()).toBe(0);
});

test("a reload keeps what was typed and picked", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "status:open");
  await boxes(page).nth(1).check();
  const picked = await boxes(page).nth(1).getAttribute("value");
  await choose(page, "Assign", "Siobhán O'Connor");
  await writeNote(page, NOTE);
  await page.reload();
  await alive(page);
  await expect(note(page)).toHaveValue(NOTE);
  await expect(selection(page)).toContainText("1 selected");
  await expect(page.locator(`input[type=checkbox][value="${picked}"]`)).toBeChecked();
  await expect(page.getByRole("list", { name: "Chosen actions" })).toContainText("Assign to Siobhán O'Connor");

  // A visit elsewhere and back is no reason to forget either.
  for (const [open, there] of [
    [() => page.getByRole("link", { name: "Runs", exact: true }).click(), /\/runs$/],
    [() => page.locator("td.subject a").first().click(), /\/conversations\//],
  ]) {
    await open();
    await expect(page).toHaveURL(there);
    await expect(page.getByRole("heading", { level: 1 })).not.toHaveText("Triage");
    await page.goBack();
    await expect(note(page)).toHaveValue(NOTE);
    await expect(selection(page), "what was picked stays picked").toContainText("1 selected");
    await expect(page.locator(`input[type=checkbox][value="${picked}"]`)).toBeChecked();
  }

  // Once it is carried out, it is over.
  await preview(page);
  await startRun(page).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await openList(page, "status:open");
  await boxes(page).nth(0).check();
  await expect(selection(page)).toContainText("1 selected");
  await inPanel(page, "Add note", () => expect(note(page)).toHaveValue(""));
});
