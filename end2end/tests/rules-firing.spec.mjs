// Rules that act by themselves: what Hiver delivers fires them, once, and everything says who did it.

import { expect, test, visit } from "../support/fixtures.mjs";
import { freePort, until } from "../support/programs.mjs";
import { addNote, assignTo, sorted, tagWith } from "../support/triage.mjs";

/** How long Hiver may wait for what a rule does about what it delivered. */
const SOON_MS = 2_000;

const RULE = "Invoices to the first";

/** A console with a rule in force that Hiver's events fire, and a page of its admin. */
async function ruled(houses, somebody) {
  const port = await freePort();
  const env = { CONSOLE_PUBLIC_URL: `http://127.0.0.1:${port}` };
  const house = await houses({ sim: { args: ["--conversations", "60"] }, console: { port, env } });
  const page = await somebody(house);
  await visit(page, "/settings/webhooks");
  const address = await page.locator(".webhook-address").textContent();
  await house.sim.control("POST", "/webhooks", { url: address });
  const { users, tags, mailboxes } = await house.sim.state();
  const rule = {
    id: "invoices",
    name: RULE,
    when: ["created"],
    conditions: {
      all: [{ assignee: "nobody" }, { text: { test: "word", texts: ["invoice"] } }],
    },
    actions: { assign: { user: users[0].id }, add_tags: [tags[0].id], note: "{{rule}}: found \"{{matched}}\"." },
  };
  const form = { document: JSON.stringify({ version: 1, rules: [rule] }), how: "replace" };
  const answer = await page.request.post("/rules/import", { form, headers: { accept: "text/html" } });
  expect(answer.ok(), await answer.text()).toBe(true);
  await visit(page, "/rules/save");
  await page.getByRole("button", { name: /^Save( anyway)?$/ }).last().click();
  await expect(page).not.toHaveURL(/\/rules\/save/);
  await house.sim.control("DELETE", "/ledger");
  return { house, page, user: users[0], tag: tags[0], mailbox: mailboxes[0] };
}

test("a rule fired by a webhook acts within two seconds, once, and says so", async ({ houses, somebody }) => {
  const { house, page, user, tag, mailbox } = await ruled(houses, somebody);
  const create = (subject) => house.sim.control("POST", "/conversations", { mailbox_id: mailbox.id, subject });
  const began = Date.now();
  const { id } = await create("Your INVOICE is wrong");
  const expected = [assignTo(id, user.id), tagWith(id, tag.id), addNote(id, `${RULE}: found "invoice".`)];
  await until("the rule acts", async () => (await house.sim.writes()).length === expected.length);
  expect(Date.now() - began).toBeLessThan(SOON_MS);
  expect(sorted(await house.sim.writes())).toEqual(sorted(expected));

  // A conversation that does not fit, and the same event once more: nothing is done twice.
  const { id: other } = await create("Where is my parcel?");
  await until("the other is read", async () => {
    const answer = await page.request.get(`/conversations/${other}`);
    return answer.status() === 200;
  });
  await visit(page, "/settings/webhooks");
  const deliveries = page.getByRole("table", { name: "Deliveries" }).locator("tbody tr");
  await deliveries.filter({ has: page.locator(`a[href="/conversations/${id}"]`) }).last().getByRole("link", { name: /^delivery/ }).click();
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await expect(page.getByRole("status").first()).toContainText("is applied again");
  const { id: last } = await create("One more invoice");
  await until("the rule acts on the last one", async () => (await house.sim.writes()).length === 2 * expected.length);
  const paths = (await house.sim.writes()).map((one) => one.path.split("/")[4]);
  expect(new Set(paths)).toEqual(new Set([id, last]));

  await visit(page, "/activity");
  await expect(page.locator("tbody").getByText(`rule “${RULE}” (version 1)`).first()).toBeVisible();
  await visit(page, `/conversations/${other}/rules`);
  await expect(page.locator("main")).toContainText("invoice");
  await visit(page, `/conversations/${id}/rules`);
  await expect(page.locator("main")).toContainText(RULE);
});
