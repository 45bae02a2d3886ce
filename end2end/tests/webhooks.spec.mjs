// What Hiver delivers: the address, an event on an open page, replay and the test.

import { alive, expect, test, visit } from "../support/fixtures.mjs";
import { freePort, until } from "../support/programs.mjs";
import { openList, rows } from "../support/triage.mjs";

test.use({ plan: { sim: { args: ["--conversations", "60"] } } });

const deliveries = (page) => page.getByRole("table", { name: "Deliveries" }).locator("tbody tr");
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** A house whose console knows its own address, and a page with the one for Hiver. */
async function connected(houses, somebody, options = {}) {
  const port = await freePort();
  const env = { CONSOLE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  const house = await houses({
    sim: { args: ["--conversations", "60"] },
    console: { port, env },
  });
  const page = await somebody(house, options);
  await visit(page, "/settings/webhooks");
  const address = await page.locator(".webhook-address").textContent();
  expect(address).toMatch(/\/webhooks\/hiver\/[0-9a-f]{64}$/);
  return { house, page, address };
}

test("an event changes an open page without reload", async ({ houses, somebody }) => {
  const { house, page, address } = await connected(houses, somebody);
  await house.sim.control("POST", "/webhooks", { url: address, repeat: 0.5, reorder: 0.3, delay_ms: 20 });
  const { conversations } = await house.sim.state();
  const open = conversations.find((one) => one.status === "open");
  await visit(page, `/conversations/${open.id}`);
  const list = await page.context().newPage();
  await openList(list, "status:open");
  await list.evaluate(() => (window.notReloaded = true));
  await house.sim.control("PUT", `/conversations/${open.id}`, { status: "closed" });
  await expect(rows(list).filter({ hasText: open.subject })).toContainText("closed", { timeout: 5_000 });
  expect(await list.evaluate(() => window.notReloaded)).toBe(true);
});

for (const scripts of [true, false]) {
  test(`what was delivered is shown and replayed, scripts ${scripts ? "on" : "off"}`, async ({ houses, somebody }) => {
    const { house, page, address } = await connected(houses, somebody, { scripts });
    await expect(page.getByText("Nothing was delivered")).toBeVisible();
    await house.sim.control("POST", "/webhooks", { url: address });
    const { conversations } = await house.sim.state();
    const open = conversations.find((one) => one.status === "open");
    await house.sim.control("PUT", `/conversations/${open.id}`, { status: "closed" });
    const state = async () => house.sim.control("GET", "/webhooks");
    await until("both are delivered", async () => (await state()).delivered === 2);
    await until("it is applied", async () => {
      await visit(page, "/settings/webhooks");
      return (await deliveries(page).first().textContent()).includes("open → closed");
    });
    await expect(deliveries(page)).toHaveCount(2);
    await expect(deliveries(page).last()).toContainText("ping");

    await deliveries(page).first().getByRole("link", { name: /^delivery/ }).click();
    await alive(page);
    await expect(page.locator(".payload")).toContainText(open.id);
    await button(page, "Replay").click();
    await alive(page);
    await expect(page.getByRole("status")).toContainText("is applied again");
    await until("it is applied again", async () => {
      await visit(page, "/settings/webhooks");
      return (await deliveries(page).first().textContent()).includes("Hiver said what the mirror had");
    });

    await button(page, "Send a test").click();
    await alive(page);
    await expect(page.getByRole("status")).toContainText("came in through the door");
    await expect(deliveries(page)).toHaveCount(3);

    await button(page, "Rotate").click();
    await alive(page);
    expect(await page.locator(".webhook-address").textContent()).not.toBe(address);
    await expect(page.getByText("The address before this one works until")).toBeVisible();
  });
}

test("the open page shows what is delivered as it comes", async ({ houses, somebody }) => {
  const { house, page, address } = await connected(houses, somebody);
  await expect(page.getByText("Nothing was delivered")).toBeVisible();
  await house.sim.control("POST", "/webhooks", { url: address });
  await expect(deliveries(page)).toHaveCount(1);
  await expect(deliveries(page).first()).toContainText("ping");
});

test("without an address of its own the console says what is missing", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  await visit(page, "/settings");
  await page.getByRole("link", { name: /Let Hiver say what happens/ }).click();
  await alive(page);
  await expect(page.getByText("CONSOLE_PUBLIC_URL")).toBeVisible();
  const viewer = await somebody(house, { as: await house.operator("Vera", "viewer") });
  watch.expect(403, "/settings/webhooks");
  await visit(viewer, "/settings/webhooks", { status: 403 });
});
