import { expect, signInWithoutBrowser, test, visit } from "../support/fixtures.mjs";
import { KEY } from "../support/programs.mjs";
import { boxes, openList, plan, rows, selectAll, selection, start, startRun, untilFinished } from "../support/triage.mjs";

test.use({ plan: { sim: { args: ["--conversations", "120"] } } });

async function openIds(sim, count) {
  const { conversations } = await sim.state();
  return conversations.filter((one) => one.status === "open").slice(0, count).map((one) => one.id);
}

test("a viewer looks and changes nothing; a lead plans and starts", async ({ house, somebody }) => {
  const lead = await somebody(house, { as: await house.operator("Lea", "lead") });
  const viewer = await somebody(house, { as: await house.operator("Vic", "viewer") });
  const ids = await openIds(house.sim, 4);

  await openList(lead, "status:open");
  await boxes(lead).first().check();
  await expect(selection(lead)).toContainText("1 selected");
  const id = await plan(lead, { ids, note: "From a lead" });

  await openList(viewer, "status:open");
  await expect(rows(viewer).first()).toBeVisible();
  await expect(boxes(viewer)).toHaveCount(0);
  await expect(selectAll(viewer)).toHaveCount(0);
  await expect(selection(viewer)).toHaveCount(0);
  await expect(viewer.getByRole("button", { name: "Refresh" })).toHaveCount(0);
  for (const key of ["j", "x", "*", "a", "a", "p"]) await viewer.keyboard.press(key);
  await expect(viewer).toHaveURL(/\/triage/);
  await visit(viewer, `/preview/${id}`);
  await expect(viewer.getByText("You may look at plans; a lead starts them.")).toBeVisible();
  await expect(startRun(viewer)).toHaveCount(0);
  const words = /That needs the role lead; you are signed in as Vic, a viewer\./;
  for (const [path, form] of [
    ["/api/start_run", { id }],
    ["/api/act_on_run", { id, act: "cancel" }],
    ["/api/plan_again", { id }],
    ["/api/plan", { scope: "ids", "ids[]": ids[0], note: "No" }],
    ["/api/refresh", { anything: "" }],
    ["/api/refresh_conversation", { id: ids[0] }],
  ]) {
    const answer = await viewer.request.post(path, { form });
    expect(answer.status(), path).toBe(403);
    expect(await answer.text(), path).toMatch(words);
  }
  expect(await house.sim.writes()).toEqual([]);

  await visit(lead, `/preview/${id}`);
  await house.sim.hold();
  await start(lead);
  await house.sim.untilWaiting();
  await visit(viewer, `/runs/${id}`);
  await expect(viewer.locator("h1")).toContainText("running");
  await expect(viewer.getByRole("button", { name: "Cancel" })).toHaveCount(0);
  await house.sim.release();
  await untilFinished(viewer);
  expect((await house.sim.writes()).length).toBe(4);
});

test.describe("the key", () => {
  test.use({ plan: { sim: { args: ["--conversations", "60"] }, console: { key: null }, synced: false } });

  test("is the admin's alone", async ({ house, somebody }) => {
    const lead = await somebody(house, { as: await house.operator("Lea", "lead") });
    const admin = await somebody(house);
    for (const save of ["true", "false"]) {
      const refused = await lead.request.post("/api/check_key", { form: { key: KEY, save } });
      expect(refused.status()).toBe(403);
      expect(await refused.text()).toContain("That needs the role admin; you are signed in as Lea, a lead.");
    }
    await visit(admin, "/setup");
    await admin.getByLabel("Key", { exact: true }).fill(KEY);
    await admin.getByRole("button", { name: "Check and save" }).click();
    await expect(admin.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
    await visit(admin, "/settings");
    await expect(admin.getByRole("heading", { name: "Another key" })).toBeVisible();
    await expect(admin.getByLabel("Key", { exact: true })).toHaveValue("");
    await visit(lead, "/settings");
    await expect(lead.getByText(`…${KEY.slice(-4)}`)).toBeVisible();
    await expect(lead.getByRole("heading", { name: "Another key" })).toHaveCount(0);
    await expect(lead.getByLabel("Key", { exact: true })).toHaveCount(0);
  });

  test("is asked for without scripts too", async ({ house, somebody }) => {
    const page = await somebody(house, { scripts: false });
    await page.goto("/");
    await expect(page).toHaveURL(/\/setup$/);
    await page.getByLabel("Key", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Check and save" }).click();
    await page.goto("/");
    await expect(page).toHaveURL(/\/setup$/);
    await page.getByLabel("Key", { exact: true }).fill(KEY);
    await page.getByRole("button", { name: "Check and save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
    const cookie = await signInWithoutBrowser(house.console.url, house.admin);
    const answer = await fetch(`${house.console.url}/api/connection`, { headers: { cookie } });
    expect((await answer.json()).key_hint).toBe(KEY.slice(-4));
  });
});
