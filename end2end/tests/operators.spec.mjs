import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { PASSWORD } from "../support/programs.mjs";

test.use({ plan: { sim: { args: ["--conversations", "0"] } } });

const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
const made = (page) => page.locator(".made-password");

/** Opens the forms of an operator and presses a button there. */
async function change(page, name, button, role) {
  await page.getByRole("button", { name: `Change ${name}`, exact: true }).click();
  const panel = page.getByRole("dialog", { name, exact: true });
  if (role) await panel.getByRole("combobox").selectOption(role);
  await panel.getByRole("button", { name: button, exact: true }).click();
  await alive(page);
}

async function changePassword(page, current, next, again = next) {
  await page.getByLabel("Current password").fill(current);
  await page.getByLabel("New password", { exact: true }).fill(next);
  await page.getByLabel("New password again").fill(again);
  await page.getByRole("button", { name: "Change password" }).click();
  await alive(page);
}

for (const scripts of [true, false]) {
  const how = `scripts ${scripts ? "on" : "off"}`;

  test(`an admin adds, changes and removes operators, ${how}`, async ({ house, somebody }) => {
    const page = await somebody(house, { scripts });
    await page.goto("/settings");
    await alive(page);
    await page.getByRole("link", { name: "Manage operators" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Operators" })).toBeVisible();
    await expect(row(page, house.admin.name)).toContainText("(you)");
    await expect(page).toHaveTitle("Operators · Hiver Console");

    const name = `Zoë <b>O'Neil</b> & "Co"`;
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("combobox", { name: "Role", exact: true }).selectOption("lead");
    await page.getByRole("button", { name: "Add operator" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Added" })).toContainText(`Added ${name}, lead.`);
    await expect(page).toHaveURL(/\/settings\/operators$/);
    const password = await made(page).textContent();
    expect(password).toMatch(/^([a-z0-9]{4}-){4}[a-z0-9]{4}$/);
    await expect(row(page, name)).toContainText("never");
    await page.reload();
    await alive(page);
    await expect(row(page, name)).toContainText("lead");
    await expect(made(page)).toHaveCount(0);

    const zoe = await somebody(house, { as: { name, password }, scripts: false });
    await zoe.goto("/settings");
    await expect(zoe.getByText(name).first()).toBeVisible();
    await expect(zoe.getByRole("link", { name: "Manage operators" })).toHaveCount(0);
    await page.reload();
    await alive(page);
    await expect(row(page, name)).toContainText("just now");

    await change(page, name, "Disable");
    await expect(row(page, name)).toContainText("disabled");
    await zoe.goto("/runs");
    await expect(zoe).toHaveURL(/\/login\?next=%2Fruns$/);
    await zoe.getByLabel("Name").fill(name);
    await zoe.getByLabel("Password").fill(password);
    await zoe.getByRole("button", { name: "Sign in" }).click();
    await expect(zoe.getByRole("alert")).toHaveText("This operator is disabled. Ask an admin to enable it.");

    await change(page, name, "Enable");
    await expect(row(page, name)).toContainText("active");
    await change(page, name, "Change role", "viewer");
    await expect(row(page, name)).toContainText("viewer");
    await change(page, name, "Make a new password");
    expect(await made(page).textContent()).not.toBe(password);
    await change(page, name, "Remove");
    await expect(page.getByText(`Removed ${name};`)).toBeVisible();
    await expect(row(page, name)).toHaveCount(0);
  });

  test(`what was refused is said, and what was typed is there, ${how}`, async ({ house, somebody }) => {
    const page = await somebody(house, { scripts });
    await page.goto("/settings/operators");
    await alive(page);
    await page.getByLabel("Name", { exact: true }).fill(house.admin.name.toUpperCase());
    await page.getByRole("combobox", { name: "Role", exact: true }).selectOption("admin");
    await page.getByRole("button", { name: "Add operator" }).click();
    await expect(page.getByRole("alert")).toContainText("already: choose another name.");
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue(house.admin.name.toUpperCase());
    await expect(page.getByRole("combobox", { name: "Role", exact: true })).toHaveValue("admin");
    await alive(page);
    for (const [button, role] of [["Disable"], ["Remove"], ["Change role", "viewer"]]) {
      await change(page, house.admin.name, button, role);
      await expect(page.getByRole("alert")).toContainText(`${house.admin.name} is the last active admin`);
      await expect(row(page, house.admin.name)).toContainText("active");
    }
  });

  test(`everybody changes their own password, ${how}`, async ({ house, somebody }) => {
    const vic = await house.operator("Vic", "viewer");
    const page = await somebody(house, { as: vic, scripts });
    const elsewhere = await somebody(house, { as: vic, scripts: false });
    await page.goto("/settings");
    await alive(page);
    await page.getByRole("link", { name: "Change your password" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Your password" })).toBeVisible();

    const next = "an even longer password";
    await changePassword(page, "not the current one", next);
    await expect(page.getByRole("alert")).toContainText("the current one is not right");
    await changePassword(page, PASSWORD, next, "an even longer pasword");
    await expect(page.getByRole("alert")).toContainText("the two new ones differ");
    await changePassword(page, PASSWORD, next);
    await expect(page.getByText("Your password is changed. Your other sessions have ended.")).toBeVisible();
    await elsewhere.goto("/runs");
    await expect(elsewhere).toHaveURL(/\/login/);
    await page.goto("/runs");
    await expect(page.getByRole("heading", { level: 1, name: "Runs" })).toBeVisible();
    await alive(page);

    const again = await somebody(house, { as: { name: "Vic", password: next }, scripts: false });
    await again.goto("/settings/password");
    await expect(again.getByText("Your password is changed.")).toHaveCount(0);
  });
}

test("the operators are the admin's alone", async ({ house, somebody, watch }) => {
  const lead = await somebody(house, { as: await house.operator("Lea", "lead") });
  watch.expect(403, "/settings/operators");
  await visit(lead, "/settings/operators", { status: 403 });
  await expect(lead.getByRole("heading", { level: 1, name: "Not allowed" })).toBeVisible();
  await expect(lead.getByRole("alert")).toContainText("That needs the role admin; you are signed in as Lea, a lead.");
  for (const path of ["add", "role", "disable", "enable", "password", "remove"]) {
    const answer = await lead.request.post(`/operators/${path}`, { form: { name: house.admin.name, role: "viewer" } });
    expect(answer.status(), path).toBe(403);
    expect(await answer.text(), path).toContain("That needs the role admin");
  }
  const admin = await somebody(house);
  await visit(admin, "/settings/operators");
  await expect(row(admin, house.admin.name)).toContainText("admin");
  await expect(row(admin, house.admin.name)).toContainText("active");
});
