// Who is away and who has enough, and the time zone that all of it goes by.

import { alive, expect, test, visit } from "../support/fixtures.mjs";

test.use({ plan: { sim: { args: ["--conversations", "120"] } } });

const users = (page) => page.getByRole("table", { name: "Users of Hiver" }).locator("tbody tr");
const save = (page) => page.getByRole("button", { name: "Save" });

for (const scripts of [true, false]) {
  test(`a lead says who is away, scripts ${scripts ? "on" : "off"}`, async ({ house, somebody }) => {
    const page = await somebody(house, { scripts, as: await house.operator("Lea", "lead") });
    await visit(page, "/settings");
    await page.getByRole("link", { name: "Who is away" }).click();
    await alive(page);
    const first = users(page).first();
    const name = (await first.getByRole("rowheader").innerText()).split("\n")[0];
    const days = page.getByLabel(`First day ${name} is away`);
    await expect(days).toBeHidden();
    await page.getByLabel(`Whether ${name} is away`).selectOption("Away on days");
    await days.fill("2020-01-02");
    await page.getByLabel(`Last day ${name} is away`).fill("2020-01-01");
    await save(page).click();
    await alive(page);
    await expect(page.getByRole("alert")).toContainText(`${name}: the last day away, 2020-01-01, is before the first one`);
    await page.getByLabel(`Whether ${name} is away`).selectOption("Away");
    await page.getByLabel(`Most open conversations of ${name}`).fill("3");
    await save(page).click();
    await alive(page);
    await expect(page.getByRole("status")).toContainText("Saved for 1 user.");
    await expect(first).toContainText("away");
    await expect(page.getByLabel(`Most open conversations of ${name}`)).toHaveValue("3");
    await expect(page.locator(".price")).toContainText("1 away");
  });
}

test("an admin chooses the time zone, and days are told by it", async ({ house, somebody }) => {
  const page = await somebody(house);
  await visit(page, "/settings/time-zone");
  await page.getByLabel("Time zone").selectOption("Asia/Kolkata");
  await save(page).click();
  await alive(page);
  await expect(page.getByRole("status")).toContainText("Days and times are those of Asia/Kolkata");
  await visit(page, "/");
  await expect(page.locator("main")).toContainText("Asia/Kolkata");
  const lead = await somebody(house, { as: await house.operator("Lea", "lead") });
  await visit(lead, "/settings/time-zone");
  await expect(lead.getByRole("heading", { name: "Asia/Kolkata" })).toBeVisible();
  await expect(save(lead)).toHaveCount(0);
});
