// What the console itself says became of a run, from its command line.

import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { KEY } from "../support/programs.mjs";

const run = promisify(execFile);
const BUILT = fileURLToPath(new URL("../../target/release/hiver-console", import.meta.url));

/** Every run that was started, as `hiver-console runs show ID --json` tells it. */
export async function accountsOf(world) {
  const { PATH, HOME, CONSOLE_BIN } = process.env;
  const env = { PATH, HOME, HIVER_BASE_URL: world.sim.base, HIVER_API_KEY: KEY, CONSOLE_DATA_DIR: world.data };
  const options = { env, cwd: tmpdir(), maxBuffer: 64 * 1024 * 1024 };
  const accounts = [];
  for (const { id } of world.started()) {
    const { stdout } = await run(CONSOLE_BIN || BUILT, ["runs", "show", String(id), "--json"], options);
    accounts.push(JSON.parse(stdout));
  }
  return accounts;
}
