// Starts the built programs for a test, each on a free port, and ends them.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const KEY = "key-of-the-browser-tests-4711";
export const PASSWORD = "a long enough password";

function binary(name, variable) {
  const built = fileURLToPath(new URL(`../../target/release/${name}`, import.meta.url));
  const path = process.env[variable] || built;
  if (!existsSync(path)) throw new Error(`${name} is not built (looked at ${path}); set ${variable}`);
  return path;
}

/** A program, its output read line by line. */
class Program {
  constructor(path, args, env, input) {
    this.log = [];
    this.lines = [];
    this.heard = new Set();
    // A `.env` file of whoever runs the tests must not reach the program.
    this.child = spawn(path, args, { env, cwd: tmpdir(), stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdin.on("error", () => {});
    this.child.stdin.end(input ?? "");
    this.exited = new Promise((resolve) => {
      this.child.once("error", (error) => resolve({ error }));
      this.child.once("close", (code, signal) => resolve({ code, signal }));
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(line);
      for (const hear of this.heard) hear();
    });
    createInterface({ input: this.child.stderr }).on("line", (line) => this.log.push(line));
  }

  /** The first line of standard output that matches, once it is there. */
  async line(pattern) {
    const find = () => this.lines.map((line) => line.match(pattern)).find(Boolean);
    let hear;
    const found = new Promise((resolve) => {
      hear = () => {
        const match = find();
        if (match) resolve(match);
      };
      this.heard.add(hear);
      hear();
    });
    const match = await Promise.race([found, this.exited.then(() => find())]);
    this.heard.delete(hear);
    if (!match) throw new Error(`never printed ${pattern}:\n${[...this.lines, ...this.log].join("\n")}`);
    return match;
  }

  async kill(signal) {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.exited;
  }
}

/** What a program of ours may see of the environment. */
function environment(extra) {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  return { PATH, HOME, TMPDIR, LANG, ...extra };
}

/** A port that was free a moment ago, for what must come back at the same address. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), "hiver-console-"));
export const removeFolder = (path) => rm(path, { recursive: true, force: true });

/** Asks until the answer is something; for what cannot be waited for otherwise. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A Hiver of our own. `args` go to its command line. */
export class Simulator {
  static async start({ args = [], port = 0 } = {}) {
    const sim = new Simulator();
    const all = ["--listen", `127.0.0.1:${port}`, "--key", KEY, "--rate", "0", ...args];
    sim.program = new Program(binary("hiver-sim", "HIVER_SIM_BIN"), all, environment());
    sim.url = (await sim.program.line(/^hiver-sim listening on (http:\/\/\S+)$/))[1];
    sim.base = `${sim.url}/api/v1`;
    return sim;
  }

  /** One call of a control endpoint. */
  async control(method, path, body) {
    const answer = await fetch(`${this.url}/_sim${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  state() {
    return this.control("GET", "/state");
  }

  conversation(id) {
    return this.control("GET", `/state?conversation=${encodeURIComponent(id)}`);
  }

  /** Every request that may change something, in order of arrival. */
  async writes() {
    const { requests } = await this.control("GET", "/ledger");
    return requests.filter((request) => request.method !== "GET");
  }

  hold() {
    return this.control("POST", "/hold");
  }

  release() {
    return this.control("DELETE", "/hold");
  }

  untilWaiting(count = 1) {
    return until("a request to arrive", async () => (await this.control("GET", "/hold")).waiting >= count);
  }

  failNext(fault) {
    return this.control("POST", "/faults/next", fault);
  }

  stop(signal = "SIGTERM") {
    return this.program.kill(signal);
  }
}

/** The console, on its own data folder. */
export class Console {
  static async start({ base, data, port = 0, rate = 200, key = KEY, env = {} }) {
    const console = new Console();
    console.data = data;
    console.program = new Program(
      binary("hiver-console", "CONSOLE_BIN"),
      ["serve"],
      environment({
        HIVER_BASE_URL: base,
        ...(key && { HIVER_API_KEY: key }),
        HIVER_REQUESTS_PER_SECOND: String(rate),
        CONSOLE_LISTEN: `127.0.0.1:${port}`,
        CONSOLE_DATA_DIR: data,
        CONSOLE_LOG: "info",
        ...env,
      }),
    );
    console.url = (await console.program.line(/^Hiver Console is at (http:\/\/\S+)$/))[1];
    console.port = Number(new URL(console.url).port);
    return console;
  }

  /** The sign-in that is printed at the very first start. */
  async firstOperator() {
    const [, name] = await this.program.line(/^Name: (.+)$/);
    const [, password] = await this.program.line(/^Password: (.+)$/);
    return { name, password };
  }

  stop(signal = "SIGTERM") {
    return this.program.kill(signal);
  }
}

/** Adds an operator on a data folder, as the command line does it. */
export async function addOperator(data, name, role, password = PASSWORD) {
  const args = ["operator", "add", name, "--role", role];
  const env = environment({ CONSOLE_DATA_DIR: data });
  const program = new Program(binary("hiver-console", "CONSOLE_BIN"), args, env, `${password}\n`);
  const { code } = await program.exited;
  if (code !== 0) throw new Error(`operator add: ${program.log.join("\n")}`);
  return { name, password };
}
