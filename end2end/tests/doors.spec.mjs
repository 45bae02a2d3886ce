import { alive, expect, lookingTest, test as alone, visit } from "../support/fixtures.mjs";
import { plan, rows, triage } from "../support/triage.mjs";

const test = lookingTest({ sim: { args: ["--conversations", "120"] } });

async function fillIn(page, { name, password }) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("an address that leads nowhere is a page of its own, status 404", async ({ house, somebody, watch }) => {
  const page = await somebody(house);
  for (const path of ["/nowhere", "/triage/more", "/runs/1/2/3"]) {
    watch.expect(404, path);
    await visit(page, path, { status: 404 });
    await expect(page.getByRole("heading", { level: 1, name: "Not found" })).toBeVisible();
    await expect(page).toHaveTitle("Not found · Hiver Console");
  }
  for (const [path, words] of [
    ["/runs/999999", "There is no run 999999."],
    ["/preview/999999", "There is no plan 999999."],
    ["/conversations/cnv_none", "cnv_none"],
  ]) {
    watch.expect(404, path);
    await visit(page, path, { status: 404 });
    await expect(page.getByRole("heading", { level: 1, name: "Not found" })).toBeVisible();
    await expect(page.getByRole("alert")).toContainText(words);
  }
  await page.getByRole("link", { name: "Back to the overview" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

for (const scripts of [true, false]) {
  test(`whoever is not signed in is led to it and back, scripts ${scripts ? "on" : "off"}`, async ({ house, somebody }) => {
    const page = await somebody(house, { as: null, scripts });
    // What means something in an address must arrive as it was.
    const wanted = triage('status:open -"100%25 & more + #1" -tag:"needs reply"');
    await page.goto(wanted);
    await expect(page).toHaveURL(/\/login\?next=/);
    expect(new URL(page.url()).searchParams.get("next")).toBe(wanted);
    await alive(page);
    await fillIn(page, { name: house.admin.name, password: "wrong" });
    await expect(page.getByRole("alert")).toHaveText("That name and password do not fit together.");
    await alive(page);
    await expect(page.getByLabel("Name")).toHaveValue(house.admin.name);
    await expect(page.getByLabel("Password")).toHaveValue("");
    await fillIn(page, house.admin);
    await expect(page).toHaveURL(wanted);
    await expect(rows(page).first()).toBeVisible();
    await alive(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL(/\/login$/);
    await alive(page);
    await page.goto("/runs");
    await expect(page).toHaveURL(/\/login\?next=%2Fruns$/);
    await alive(page);
  });
}

test("nothing but the door answers a stranger", async ({ house }) => {
  const at = (path, options) => fetch(`${house.console.url}${path}`, { redirect: "manual", ...options });
  for (const path of ["/", "/triage", "/runs", "/runs/1", "/preview/1", "/settings", "/setup", "/conversations/x", "/nowhere"]) {
    const answer = await at(path);
    expect(answer.status, path).toBe(303);
    expect(answer.headers.get("location"), path).toBe(`/login?${new URLSearchParams({ next: path })}`);
  }
  for (const path of ["/api/frame", "/api/page?path=/", "/api/conversations", "/api/connection", "/live"]) {
    expect((await at(path)).status, path).toBe(401);
  }
  for (const path of ["/api/plan", "/api/start_run", "/api/check_key"]) {
    const body = new URLSearchParams({ id: "1", key: "k" });
    expect((await at(path, { method: "POST", body })).status, path).toBe(401);
  }
  for (const path of ["/login", "/healthz", "/readyz"]) expect((await at(path)).status, path).toBe(200);
});

test("what comes from another site is refused", async ({ house, somebody }) => {
  const page = await somebody(house);
  const answer = await page.request.post("/logout", { headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" } });
  expect(answer.status()).toBe(403);
  expect(await answer.text()).toContain("This form came from another site");
  await visit(page, "/");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
});

test("every page says what may be loaded and framed", async ({ house, somebody }) => {
  const page = await somebody(house);
  for (const path of ["/", "/triage", "/login", "/settings"]) {
    const headers = (await page.request.get(path)).headers();
    const policy = headers["content-security-policy"];
    expect(policy, path).toMatch(/script-src 'self' 'nonce-[^']{16,}' 'wasm-unsafe-eval'/);
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain("unsafe-inline");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["cache-control"], path).toContain("no-store");
  }
});

test("light and dark are remembered, scripts on and off", async ({ house, somebody }) => {
  for (const scripts of [true, false]) {
    const page = await somebody(house, { scripts, colorScheme: "light" });
    await page.goto("/runs");
    await alive(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Light or dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect.poll(ground).not.toBe(light);
    await expect(page).toHaveURL(/\/runs$/);
    await page.reload();
    await alive(page);
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.getByRole("button", { name: "Light or dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
    await expect.poll(ground).toBe(light);
  }
});

test("every page is drawn every time", async ({ house, somebody }) => {
  const page = await somebody(house);
  const { conversations, users } = await house.sim.state();
  const started = await plan(page, { ids: [conversations[0].id], assign: users[0].id });
  const waiting = await plan(page, { ids: [conversations[1].id], assign: users[1].id });
  const answer = await page.request.post("/api/start_run", { form: { id: started }, headers: { accept: "text/html" } });
  expect(new URL(answer.url()).pathname).toBe(`/runs/${started}`);
  const headers = { cookie: (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ") };
  const one = `/conversations/${conversations[0].id}`;
  for (const path of ["/", "/triage", `/preview/${waiting}`, "/runs", `/runs/${started}`, one, "/settings", "/login"]) {
    const seen = {};
    for (let time = 0; time < 120; time += 1) {
      const { status, body } = await fetch(`${house.console.url}${path}`, { headers });
      await body.cancel();
      seen[status] = (seen[status] ?? 0) + 1;
    }
    expect(seen, path).toEqual({ 200: 120 });
  }
});

// Attempts are counted by address, so this needs a console of its own.
alone.describe("after five wrong passwords", () => {
  alone.use({ plan: { sim: { args: ["--conversations", "0"] } } });

  alone("the name has to wait, and others need not", async ({ house, somebody }) => {
    const page = await somebody(house, { as: null });
    const { password } = await house.operator("Other", "viewer");
    await visit(page, "/login");
    for (let count = 1; count <= 5; count += 1) {
      await fillIn(page, { name: house.admin.name, password: `wrong ${count}` });
      await expect(page).toHaveURL(/problem=wrong/);
      await alive(page);
    }
    await fillIn(page, house.admin);
    await expect(page.getByRole("alert")).toHaveText("Too many attempts. Wait a minute, then try again.");
    await alive(page);
    await fillIn(page, { name: "Other", password });
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  });
});
