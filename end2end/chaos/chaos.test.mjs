// The small crash test that every check runs; `make chaos` is the big one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chaos } from "./chaos.mjs";

test("twenty kills lose nothing, double nothing, and every outcome is true", { timeout: 150_000 }, async () => {
  const { offences, table } = await chaos({ kills: 20, changes: 400, seed: 20, rate: 200 });
  assert.equal(offences, "", `${offences}\n${table}`);
});
