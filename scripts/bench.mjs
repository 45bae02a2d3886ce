// Page times, memory and sizes of the built server, against the built simulator with 5,000 conversations.
// No packages: Node 20 or newer is enough. Prints a table and exits with 1 when a target is missed.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CONVERSATIONS = 5_000;
const PAGE = "/triage?q=status:open";
const REQUESTS = 300;
const WARM_UP = 20;
const PARALLEL = 8;
const TARGET_P95_MS = 50;
const TARGET_RUN_P95_MS = 100;
const TARGET_REST_MB = 60;
const TARGET_SIZE_KB = 450;
/** The longest that any single wait may take, and all of it. */
const WAIT_MS = 60_000;
const ALL_MS = 180_000;

const KEY = "bench-key-of-the-simulator";
const children = [];
const folder = mkdtempSync(join(tmpdir(), "hiver-console-bench-"));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function binary(variable, name) {
  const path =
    process.env[variable] || fileURLToPath(new URL(`../target/release/${name}`, import.meta.url));
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
  children.push({ child, exited });
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
  return { child, ...(await said) };
}

/** Ends what was started, the last first: politely, then not. */
async function stopAll() {
  for (const { child, exited } of children.splice(0).reverse()) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await Promise.race([exited, sleep(8_000).then(() => child.kill("SIGKILL"))]);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** One request; the time runs from sending it to the last byte of its answer. */
function ask(agent, base, path, { method = "GET", headers = {}, body } = {}) {
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

async function signIn(agent, base, name, password) {
  const answer = await ask(agent, base, "/login", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ name, password }).toString(),
  });
  const cookie = answer.headers["set-cookie"]?.map((one) => one.split(";")[0]).join("; ");
  if (answer.status !== 303 || !cookie) throw new Error(`signing in was answered with ${answer.status}`);
  return cookie;
}

async function json(agent, base, path, cookie) {
  const answer = await ask(agent, base, path, { headers: { cookie, accept: "application/json" } });
  if (answer.status !== 200) throw new Error(`GET ${path} was answered with ${answer.status}`);
  return JSON.parse(answer.body.toString());
}

/** Waits until the mirror was read to the end and nothing is being read. */
async function synced(agent, base, cookie) {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await sleep(200)) {
    const frame = await json(agent, base, "/api/frame", cookie);
    if (frame.mirror_age && !frame.sync) {
      const { total } = await json(agent, base, "/api/conversations?filter=", cookie);
      if (total !== CONVERSATIONS) throw new Error(`the mirror has ${total} conversations, not ${CONVERSATIONS}`);
      return;
    }
  }
  throw new Error("the mirror was not read to the end in time");
}

/** Times of `count` requests for the page, `parallel` at once, in order of length. */
async function load(agent, base, cookie, count, parallel, page = PAGE) {
  const times = [];
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      const answer = await ask(agent, base, page, { headers: { cookie, accept: "text/html" } });
      if (answer.status !== 200 || !answer.body.includes("</html>")) {
        throw new Error(`GET ${page} was answered with ${answer.status}`);
      }
      times.push(answer.ms);
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
  return times.sort((left, right) => left - right);
}

/** Sends a form as a browser without scripts does; gives the address that it is led to. */
async function submit(agent, base, cookie, path, fields) {
  const answer = await ask(agent, base, path, {
    method: "POST",
    headers: { cookie, accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  });
  const to = answer.headers.location;
  if (!to || to.includes("__err")) throw new Error(`POST ${path} was answered with ${answer.status} ${to ?? ""}`);
  return to;
}

/** A run with two changes of every conversation, paused in the middle; gives the address of its page. */
async function longRun(agent, base, cookie) {
  const { tags } = await json(agent, base, "/api/choices", cookie);
  const plan = await submit(agent, base, cookie, "/api/plan", {
    scope: "matching", filter: "", assign: "", set_status: "", "add_tags[]": tags[0].id, note: "measured",
  });
  const id = plan.split("/").pop();
  await submit(agent, base, cookie, "/api/start_run", { id });
  const done = async () => {
    const { progress } = await json(agent, base, `/api/run?id=${id}`, cookie);
    return progress.counts.find(([outcome]) => outcome === "done")?.[1] ?? 0;
  };
  for (const until = Date.now() + WAIT_MS; (await done()) < 300; await sleep(200)) {
    if (Date.now() > until) throw new Error("the run does not go on");
  }
  await submit(agent, base, cookie, "/api/act_on_run", { id, act: "pause" });
  return `/runs/${id}`;
}

/** The `percent`th percentile of sorted times: the smallest that so many percent do not exceed. */
const percentile = (times, percent) => times[Math.ceil((times.length * percent) / 100) - 1];

/** Resident memory in MB (10⁶ bytes); nothing where there is no /proc. */
function residentMb(pid) {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const kib = readFileSync(file, "utf8").match(/^VmRSS:\s+(\d+) kB$/m)?.[1];
  return kib && (Number(kib) * 1024) / 1e6;
}

/** What a first visit loads beside the page: bytes as served for Brotli, and raw. */
async function sizes(agent, base, cookie) {
  const page = await ask(agent, base, PAGE, { headers: { cookie, accept: "text/html" } });
  const named = page.body.toString().match(/\/v\/[0-9a-f]+\/[\w./-]+\.(?:css|js|wasm)/g) ?? [];
  const paths = [...new Set(named)];
  for (const kind of [".css", ".js", ".wasm"]) {
    if (!paths.some((path) => path.endsWith(kind))) throw new Error(`the page names no ${kind} file`);
  }
  const files = [];
  for (const path of paths) {
    const get = async (coding) => {
      const answer = await ask(agent, base, path, { headers: { "accept-encoding": coding } });
      if (answer.status !== 200) throw new Error(`GET ${path} was answered with ${answer.status}`);
      return answer;
    };
    const [small, raw] = [await get("br"), await get("identity")];
    files.push({
      name: path.split("/").pop(),
      brotli: small.body.length,
      raw: raw.body.length,
      compressed: small.headers["content-encoding"] === "br",
      kept: /immutable/.test(small.headers["cache-control"] ?? ""),
    });
  }
  return files;
}

const ms = (value) => `${value.toFixed(1)} ms`;
const mb = (value) => (value === undefined ? "not on this system" : `${value.toFixed(1)} MB`);
const kb = (value) => `${(value / 1e3).toFixed(1)} kB`;
const sum = (files, field) => files.reduce((total, file) => total + file[field], 0);

async function measure() {
  const sim = await start(
    binary("HIVER_SIM_BIN", "hiver-sim"),
    ["--listen", "127.0.0.1:0", "--key", KEY, "--conversations", String(CONVERSATIONS), "--rate", "0", "--times"],
    {},
    (text) => {
      const url = text.match(/listening on (http:\/\/\S+)/)?.[1];
      return url && { url };
    },
  );
  const console_ = await start(
    binary("CONSOLE_BIN", "hiver-console"),
    ["serve"],
    {
      HIVER_API_KEY: KEY,
      HIVER_BASE_URL: `${sim.url}/api/v1`,
      HIVER_REQUESTS_PER_SECOND: "200",
      CONSOLE_LISTEN: "127.0.0.1:0",
      CONSOLE_DATA_DIR: join(folder, "data"),
      CONSOLE_LOG: "warn",
    },
    (text) => {
      const url = text.match(/^Hiver Console is at (http:\/\/\S+)$/m)?.[1];
      const name = text.match(/^Name: (.+)$/m)?.[1];
      const password = text.match(/^Password: (.+)$/m)?.[1];
      return url && name && password && { url, name, password };
    },
  );
  const { url, name, password } = console_;
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const cookie = await signIn(agent, url, name, password);
  await synced(agent, url, cookie);
  await sleep(2_000);
  const atRest = residentMb(console_.child.pid);

  await load(agent, url, cookie, WARM_UP, 1);
  const one = await load(agent, url, cookie, REQUESTS, 1);
  const many = await load(agent, url, cookie, REQUESTS, PARALLEL);
  const afterLoad = residentMb(console_.child.pid);

  const runPage = await longRun(agent, url, cookie);
  await load(agent, url, cookie, WARM_UP, 1, runPage);
  const run = await load(agent, url, cookie, 100, 1, runPage);

  const files = await sizes(agent, url, cookie);
  agent.destroy();

  const brotli = sum(files, "brotli");
  const allCompressed = files.every((file) => file.compressed);
  const rows = [
    [`triage page, ${REQUESTS} one by one, p50`, "", ms(percentile(one, 50))],
    [`triage page, ${REQUESTS} one by one, p95`, `<= ${TARGET_P95_MS} ms`, ms(percentile(one, 95)),
      percentile(one, 95) <= TARGET_P95_MS],
    [`triage page, ${REQUESTS} by ${PARALLEL} at once, p50`, "", ms(percentile(many, 50))],
    [`triage page, ${REQUESTS} by ${PARALLEL} at once, p95`, "", ms(percentile(many, 95))],
    ["page of a run with 10,000 changes, p50", "", ms(percentile(run, 50))],
    ["page of a run with 10,000 changes, p95", `<= ${TARGET_RUN_P95_MS} ms`, ms(percentile(run, 95)),
      percentile(run, 95) <= TARGET_RUN_P95_MS],
    ["memory at rest, mirror read", `<= ${TARGET_REST_MB} MB`, mb(atRest),
      atRest === undefined ? undefined : atRest <= TARGET_REST_MB],
    ["memory after the load", "", mb(afterLoad)],
    ["wasm + JS + CSS, Brotli", `<= ${TARGET_SIZE_KB} kB`, allCompressed ? kb(brotli) : `${kb(brotli)}, not compressed`,
      allCompressed && brotli <= TARGET_SIZE_KB * 1e3],
    ...files.map((file) => [`  ${file.name}`, "", `${kb(file.brotli)} of ${kb(file.raw)} raw`]),
    ["wasm + JS + CSS, raw", "", kb(sum(files, "raw"))],
    ["files that a browser may keep for good", `${files.length} of ${files.length}`,
      `${files.filter((file) => file.kept).length} of ${files.length}`, files.every((file) => file.kept)],
  ];
  return rows.map(([what, target, measured, met]) => ({ what, target, measured, met }));
}

function print(rows) {
  const table = [
    ["what", "target", "measured", "ok"],
    ...rows.map(({ what, target, measured, met }) => [
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

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void stopAll().finally(() => process.exit(130)));
}
setTimeout(() => {
  console.error(`error: this took longer than ${ALL_MS / 1_000} s`);
  void stopAll().finally(() => process.exit(1));
}, ALL_MS).unref();

try {
  const rows = await measure();
  print(rows);
  process.exitCode = rows.some((row) => row.met === false) ? 1 : 0;
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
