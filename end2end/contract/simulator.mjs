// Starts the built hiver-sim for a test and steers it. No packages: Node 20 or newer is enough.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const target = (profile) =>
  fileURLToPath(new URL(`../../target/${profile}/hiver-sim`, import.meta.url));

function binary() {
  const candidates = process.env.HIVER_SIM_BIN
    ? [process.env.HIVER_SIM_BIN]
    : [target("release"), target("debug")];
  const found = candidates.find((path) => existsSync(path));
  if (!found) {
    throw new Error(`hiver-sim is not built (looked at ${candidates.join(", ")}); set HIVER_SIM_BIN`);
  }
  return found;
}

export const KEY = "contract-key";

/** Starts a simulator on a free port. `arguments_` are command line arguments, beside key and address. */
export async function startSimulator(...arguments_) {
  const child = spawn(binary(), ["--listen", "127.0.0.1:0", "--key", KEY, ...arguments_], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve({ code, signal })),
  );
  const lines = createInterface({ input: child.stdout });
  const address = new Promise((resolve) =>
    lines.once("line", (line) => resolve(line.match(/^hiver-sim listening on (http:\/\/\S+)$/)?.[1])),
  );
  const failed = new Promise((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("exit", () => resolve(undefined));
  });
  const url = await Promise.race([address, failed]);
  if (!url) {
    child.kill("SIGKILL");
    throw new Error("hiver-sim did not say where it listens");
  }

  /** One call of a control endpoint. */
  async function control(method, path, body) {
    const answer = await fetch(`${url}/_sim${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  return {
    base: `${url}/api/v1`,
    control,
    ledger: async (since = 0) => (await control("GET", `/ledger?since=${since}`)).requests,
    conversation: (id) => control("GET", `/state?conversation=${encodeURIComponent(id)}`),
    /** Asks it to end as an operator would; gives how it ended. */
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      return exited;
    },
  };
}
