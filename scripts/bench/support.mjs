// What the benchmarks over HTTP share: the built programs, requests, memory, and the table at the end.
// No packages: Node 20 or newer is enough.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The longest that any single wait may take. */
export const WAIT_MS = 60_000;

const KEY = "bench-key-of-the-simulator";
const children = [];
const folder = mkdtempSync(join(tmpdir(), "hiver-console-bench-"));

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function binary(variable, name) {
  const path =
    process.env[variable] || fileURLToPath(new URL(`../../target/release/${name}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`there is no \`${path}\`\n  hint: run \`make build\`, or set ${variable}`);
  return path;
}

/** Starts a program in the empty folder, so that no `.env` is read; `found` picks what is waited for. */
async function start(path, args, env, found) {
  const child = spawn(path, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const started = { child, exited };
  children.push(started);
  const lines = [];
  const said = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      const result = found(lines.join("\n"));
      if (result) resolve(result);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`\`${path}\` ended with ${code} before it was up`)));
    setTimeout(() => reject(new Error(`\`${path}\` did not say where it listens`)), WAIT_MS).unref();
  });
  return Object.assign(started, await said);
}

/** The simulator without a limit: `{ url }`. */
export function startSimulator(conversations) {
  return start(
    binary("HIVER_SIM_BIN", "hiver-sim"),
    ["--listen", "127.0.0.1:0", "--key", KEY, "--conversations", String(conversations), "--rate", "0", "--times"],
    {},
    (text) => {
      const url = text.match(/listening on (http:\/\/\S+)/)?.[1];
      return url && { url };
    },
  );
}

function consoleEnv(sim, env) {
  return {
    HIVER_API_KEY: KEY,
    HIVER_BASE_URL: `${sim.url}/api/v1`,
    HIVER_REQUESTS_PER_SECOND: "200",
    CONSOLE_LISTEN: "127.0.0.1:0",
    CONSOLE_DATA_DIR: join(folder, "data"),
    CONSOLE_LOG: "warn",
    ...env,
  };
}

/** The console against that simulator: `{ url, name, password }`; the latter two at its first start only. */
export function startConsole(sim, env = {}, isFirst = true) {
  return start(binary("CONSOLE_BIN", "hiver-console"), ["serve"], consoleEnv(sim, env), (text) => {
    const url = text.match(/^Hiver Console is at (http:\/\/\S+)$/m)?.[1];
    const name = text.match(/^Name: (.+)$/m)?.[1];
    const password = text.match(/^Password: (.+)$/m)?.[1];
    return url && (!isFirst || (name && password)) && { url, name, password };
  });
}

/** What a command of the console prints, as JSON. */
export async function consoleCommand(sim, args, env = {}) {
  let output = "";
  const command = spawn(binary("CONSOLE_BIN", "hiver-console"), [...args, "--json"], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...consoleEnv(sim, env) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  command.stdout.on("data", (part) => (output += part));
  const code = await new Promise((resolve, reject) => command.once("close", resolve).once("error", reject));
  if (code !== 0) throw new Error(`\`hiver-console ${args.join(" ")}\` ended with ${code}`);
  return JSON.parse(output);
}

/** Ends one program: politely, then not. */
export async function stop({ child, exited }) {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  await Promise.race([exited, sleep(8_000).then(() => child.kill("SIGKILL"))]);
}

async function stopAll() {
  for (const started of children.splice(0).reverse()) await stop(started);
  rmSync(folder, { recursive: true, force: true });
}

/** One request; the time runs from sending it to the last byte of its answer. */
export function ask(agent, base, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const outgoing = request(new URL(path, base), { agent, method, headers, timeout: WAIT_MS }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const ms = performance.now() - began;
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts), ms });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export async function signIn(agent, base, name, password) {
  const answer = await ask(agent, base, "/login", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ name, password }).toString(),
  });
  const cookie = answer.headers["set-cookie"]?.map((one) => one.split(";")[0]).join("; ");
  if (answer.status !== 303 || !cookie) throw new Error(`signing in was answered with ${answer.status}`);
  return cookie;
}

export async function json(agent, base, path, cookie) {
  const answer = await ask(agent, base, path, { headers: { cookie, accept: "application/json" } });
  if (answer.status !== 200) throw new Error(`GET ${path} was answered with ${answer.status}`);
  return JSON.parse(answer.body.toString());
}

/** Waits until the mirror was read to the end and nothing is being read. */
export async function synced(agent, base, cookie, conversations, waitMs = WAIT_MS) {
  for (const until = Date.now() + waitMs; Date.now() < until; await sleep(200)) {
    const frame = await json(agent, base, "/api/frame", cookie);
    if (frame.mirror_age && !frame.sync) {
      const { total } = await json(agent, base, "/api/conversations?filter=", cookie);
      if (total !== conversations) throw new Error(`the mirror has ${total} conversations, not ${conversations}`);
      return;
    }
  }
  throw new Error("the mirror was not read to the end in time");
}

/** A field of `/proc/PID/status` in MB (10⁶ bytes); nothing where there is no /proc. */
function statusMb(pid, field) {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kib = readFileSync(file, "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m"))?.[1];
  return kib && (Number(kib) * 1024) / 1e6;
}

/** Resident memory in MB. */
export const residentMb = ({ child }) => statusMb(child.pid, "VmRSS");
/** The most resident memory there ever was, in MB. */
export const peakMb = ({ child }) => statusMb(child.pid, "VmHWM");

export const ms = (value) => `${value.toFixed(1)} ms`;
export const mb = (value) => (value === undefined ? "not on this system" : `${value.toFixed(1)} MB`);
export const kb = (value) => `${(value / 1e3).toFixed(1)} kB`;

/** A row of the table about memory, with the most that it may be. */
export const memoryRow = (what, value, target) => [
  what, `<= ${target} MB`, mb(value), value === undefined ? undefined : value <= target,
];

function print(rows) {
  const table = [
    ["what", "target", "measured", "ok"],
    ...rows.map(([what, target, measured, met]) => [
      what,
      target,
      measured,
      met === undefined ? "" : met ? "yes" : "MISSED",
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column])).join(" | ").trimEnd());
  }
}

/** Runs `measure`, which gives rows of `[what, target, measured, met?]`, and prints them; ends with 1 when one is missed. */
export async function main(allMs, measure) {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  }
  setTimeout(() => {
    console.error(`error: this took longer than ${allMs / 1_000} s`);
    void stopAll().finally(() => process.exit(1));
  }, allMs).unref();
  try {
    const rows = await measure();
    print(rows);
    process.exitCode = rows.some(([, , , met]) => met === false) ? 1 : 0;
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await stopAll();
  }
}
