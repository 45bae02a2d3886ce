// What people do on the list, and what it must come to in Hiver.

import { expect } from "@playwright/test";
import { alive, visit } from "./fixtures.mjs";

export const list = (page) => page.getByRole("table", { name: "Conversations" });
export const rows = (page) => list(page).locator("tbody tr");
export const boxes = (page) => rows(page).getByRole("checkbox");
export const selectAll = (page) => page.getByRole("button", { name: /^Select all [\d,]+ matching$/ });
export const filterBox = (page) => page.getByRole("searchbox", { name: "Filter" });
export const selection = (page) => page.getByRole("region", { name: "Selection" });
export const note = (page) => page.locator("textarea[name=note]");
export const startRun = (page) => page.getByRole("button", { name: "Start run" });
export const previewButton = (page) => page.getByRole("button", { name: "Preview", exact: true });

export const triage = (filter) => `/triage?${new URLSearchParams({ q: filter })}`;

export async function openList(page, filter) {
  await visit(page, triage(filter));
  await expect(filterBox(page)).toHaveValue(filter);
}

/** The ids of all rows, over all pages, as the list shows them. */
export async function idsOf(page, filter) {
  const ids = [];
  for (let number = 1; ; number += 1) {
    const answer = await page.request.get(`${triage(filter)}&page=${number}`);
    const html = await answer.text();
    ids.push(...[...html.matchAll(/name="ids\[\]"[^>]*?value="([^"]+)"/g)].map((match) => match[1]));
    if (!html.includes('rel="next"')) return ids;
  }
}

/** Opens a panel of the bar, does something in it, and closes it again. */
export async function inPanel(page, name, act) {
  const button = selection(page).getByRole("button", { name, exact: true });
  await button.click();
  const panel = page.locator(`#panel-${name.toLowerCase().replace(" ", "-")}`);
  await expect(panel).toBeVisible();
  await act(panel);
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
}

export const choose = (page, panel, name) =>
  inPanel(page, panel, (open) =>
    open.getByRole("radio", { name, exact: true }).or(open.getByRole("checkbox", { name, exact: true })).check(),
  );

export const writeNote = (page, text) => inPanel(page, "Add note", () => note(page).fill(text));

/** From the list to the plan of what was composed. */
export async function preview(page) {
  await previewButton(page).click();
  await expect(page).toHaveURL(/\/preview\/\d+$/);
  await expect(page.getByRole("heading", { level: 1, name: "Preview" })).toBeVisible();
  await alive(page);
}

/** From the plan to the run; gives the number of the run. */
export async function start(page) {
  await startRun(page).click();
  await expect(page).toHaveURL(/\/runs\/\d+$/);
  await alive(page);
  return Number(page.url().split("/").pop());
}

export const runState = (page) => page.locator("h1 .run-state");

export async function untilFinished(page, timeout = 30_000) {
  await expect(runState(page)).toHaveText("finished", { timeout });
}

/** Plans and starts a run without a browser; gives its number. */
export async function plan(page, { ids, filter, assign, addTags = [], note = "", status = "" }) {
  const form = new URLSearchParams({ scope: filter === undefined ? "ids" : "matching", filter: filter ?? "", note });
  for (const id of ids ?? []) form.append("ids[]", id);
  for (const tag of addTags) form.append("add_tags[]", tag);
  form.append("assign", assign ?? "");
  form.append("set_status", status);
  const answer = await page.request.post("/api/plan", {
    data: form.toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
    maxRedirects: 0,
  });
  const to = answer.headers().location ?? "";
  expect(to, await answer.text()).toMatch(/\/preview\/\d+$/);
  return Number(to.split("/").pop());
}

/** Every conversation of the plan with its changes in words, over all pages. */
export async function plannedRows(page) {
  const planned = [];
  const table = page.getByRole("table", { name: "Planned changes" });
  for (;;) {
    const found = await table.locator("tbody tr").evaluateAll((rows) =>
      rows.map((row) => ({
        subject: row.querySelector("bdi")?.textContent ?? null,
        changes: [...row.querySelectorAll("li")].map((change) =>
          [".what", ".before", ".after"].map((part) => change.querySelector(part)?.textContent ?? ""),
        ),
      })),
    );
    planned.push(...found);
    const next = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Next", exact: true });
    if ((await next.count()) === 0) return planned;
    const label = page.locator(".pager-label");
    const before = await label.textContent();
    await next.click();
    await expect(label).not.toHaveText(before);
  }
}

/** Requests in a form in which two lists of them can be compared, whatever their order. */
export const sorted = (requests) =>
  requests.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body ?? null)}`).sort();

const at = (id) => `/api/v1/conversations/${id}`;
export const assignTo = (id, user) => ({ method: "POST", path: `${at(id)}/assign`, body: { user_id: user } });
export const tagWith = (id, tag) => ({ method: "POST", path: `${at(id)}/tags`, body: { tag_id: tag } });
export const setStatus = (id, status) => ({ method: "PUT", path: `${at(id)}/status`, body: { status } });
export const addNote = (id, text) => ({ method: "POST", path: `${at(id)}/notes`, body: { body: text, type: "internal" } });

/** `1,234` as a number. */
export const number = (text) => Number(text.replaceAll(",", ""));
export const written = (count) => count.toLocaleString("en-US");
