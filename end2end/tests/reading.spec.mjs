// What is read from Hiver: mailboxes left out, the share of the budget, and a list that is read again on demand.

import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { openList, rows } from "../support/triage.mjs";

test.use({ plan: { sim: { args: ["--conversations", "120"] } } });

const mailboxes = (page) => page.getByRole("table", { name: "Reading of mailboxes" }).locator("tbody tr");
const save = (page) => page.getByRole("button", { name: "Save" });

for (const scripts of [true, false]) {
  test(`a mailbox is left out and put in again, scripts ${scripts ? "on" : "off"}`, async ({ house, somebody }) => {
    const page = await somebody(house, { scripts });
    await visit(page, "/settings/reading");
    await expect(mailboxes(page)).toHaveCount(3);
    const support = mailboxes(page).filter({ hasText: "Support" });
    await expect(support).toContainText("every");
    await support.getByRole("checkbox").uncheck();
    await page.getByLabel("Percent").fill("20");
    await save(page).click();
    await alive(page);
    await expect(page.getByRole("status")).toContainText("left out from now on");
    await expect(support).toContainText("left out");
    await expect(page.getByLabel("Percent")).toHaveValue("20");
    await visit(page, "/");
    await expect(page.getByRole("table", { name: "Mailboxes" }).locator("tbody tr")).toHaveCount(2);
    await visit(page, "/settings/reading");
    await support.getByRole("checkbox").check();
    await save(page).click();
    await alive(page);
    await visit(page, "/");
    await expect(page.getByRole("table", { name: "Mailboxes" }).locator("tbody tr")).toHaveCount(3);
  });
}

test("a share that is none is refused, and nothing is lost", async ({ house, somebody }) => {
  const page = await somebody(house);
  await visit(page, "/settings/reading");
  const answer = await page.request.post(`${house.console.url}/reading`, {
    form: { share: "lots" },
    headers: { origin: house.console.url },
  });
  expect(await answer.text()).toContain("`lots` is no share");
  await visit(page, "/settings/reading");
  await expect(page.getByLabel("Percent")).toHaveValue("30");
});

test("a lead sees what is read and sets nothing", async ({ house, somebody }) => {
  const page = await somebody(house, { as: await house.operator("Lea", "lead") });
  await visit(page, "/settings/reading");
  await expect(mailboxes(page)).toHaveCount(3);
  await expect(save(page)).toHaveCount(0);
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});

test("Refresh on a list reads that list", async ({ house, somebody }) => {
  const page = await somebody(house);
  await openList(page, "mailbox:Support status:open");
  const before = await rows(page).count();
  await house.sim.control("POST", "/conversations", { mailbox_id: "Support", subject: "Brand new" });
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect(rows(page).filter({ hasText: "Brand new" })).toBeVisible();
  await expect(rows(page)).toHaveCount(before + 1);
});
