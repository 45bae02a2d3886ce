// Fifty rules of three conditions over the same conversations, here and in two other engines, in the same run: json-rules-engine
// and @gorules/zen-engine, which npm puts into target/bench-rules. Fails when they decide differently or a target is missed.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const OTHERS = { "json-rules-engine": "7.3.1", "@gorules/zen-engine": "0.54.0" };
const TARGETS = { "json-rules-engine": 300, "@gorules/zen-engine": 50 };
/** Conversations that zen-engine is given at a time: it works on more than one core. */
const AT_ONCE = 64;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "target", "bench-rules");

function install() {
  mkdirSync(folder, { recursive: true });
  const wanted = JSON.stringify({ private: true, dependencies: OTHERS }, null, 2);
  const manifest = join(folder, "package.json");
  const there = Object.keys(OTHERS).every((name) => existsSync(join(folder, "node_modules", name)));
  if (there && existsSync(manifest) && readFileSync(manifest, "utf8") === wanted) return;
  writeFileSync(manifest, wanted);
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
}

/** The rules, the conversations, what we decide about them and in how many seconds. */
function own() {
  const cargo = ["bench", "--quiet", "--package", "routing", "--bench", "rules", "--", "--export", folder];
  execFileSync("cargo", cargo, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return JSON.parse(readFileSync(join(folder, "fifty.json"), "utf8"));
}

/** Seconds and numbers of the rules that fit, conversation by conversation. */
async function timed(work) {
  const start = process.hrtime.bigint();
  const decided = await work();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, decided };
}

async function jsonRulesEngine({ Engine }, { rules, facts }) {
  const engine = new Engine();
  engine.addOperator("contains text", (text, part) => text.includes(part), (text) => typeof text === "string");
  rules.forEach(({ word, status, mailbox }, number) =>
    engine.addRule({
      conditions: {
        all: [
          { fact: "subject", operator: "contains text", value: word },
          { fact: "status", operator: "equal", value: status },
          { fact: "mailbox", operator: "equal", value: mailbox },
        ],
      },
      event: { type: "fits", params: { number } },
    }),
  );
  const decide = async (conversation) => {
    const { events } = await engine.run(conversation);
    return events.map((event) => event.params.number);
  };
  for (const conversation of facts.slice(0, 200)) await decide(conversation);
  return timed(async () => {
    const decided = [];
    for (const conversation of facts) decided.push(await decide(conversation));
    return decided;
  });
}

async function zenEngine({ ZenEngine }, { rules, facts }) {
  const table = {
    hitPolicy: "collect",
    inputs: [
      { id: "subject", name: "Subject", field: "subject" },
      { id: "status", name: "Status", field: "status" },
      { id: "mailbox", name: "Mailbox", field: "mailbox" },
    ],
    outputs: [{ id: "number", name: "Number", field: "number" }],
    rules: rules.map(({ word, status, mailbox }, number) => ({
      _id: `r${number}`,
      subject: `contains($, ${JSON.stringify(word)})`,
      status: JSON.stringify(status),
      mailbox: JSON.stringify(mailbox),
      number: String(number),
    })),
  };
  const content = {
    nodes: [
      { id: "in", type: "inputNode", name: "in", position: { x: 0, y: 0 } },
      { id: "table", type: "decisionTableNode", name: "table", position: { x: 1, y: 0 }, content: table },
      { id: "out", type: "outputNode", name: "out", position: { x: 2, y: 0 } },
    ],
    edges: [
      { id: "1", type: "edge", sourceId: "in", targetId: "table" },
      { id: "2", type: "edge", sourceId: "table", targetId: "out" },
    ],
  };
  const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(content)));
  const decide = async (conversation) => {
    const { result } = await decision.evaluate(conversation);
    return (Array.isArray(result) ? result : []).map(({ number }) => number);
  };
  for (const conversation of facts.slice(0, 200)) await decide(conversation);
  const oneByOne = await timed(async () => {
    const decided = [];
    for (const conversation of facts) decided.push(await decide(conversation));
    return decided;
  });
  const together = await timed(async () => {
    const decided = [];
    for (let at = 0; at < facts.length; at += AT_ONCE)
      decided.push(...(await Promise.all(facts.slice(at, at + AT_ONCE).map(decide))));
    return decided;
  });
  return together.seconds < oneByOne.seconds ? together : oneByOne;
}

/** Both are sets: the other engines promise no order. */
function differences(left, right) {
  const sorted = (numbers) => JSON.stringify([...numbers].sort((a, b) => a - b));
  return left.filter((numbers, index) => sorted(numbers) !== sorted(right[index])).length;
}

install();
const data = own();
const require = createRequire(join(folder, "package.json"));
const engines = { "json-rules-engine": jsonRulesEngine, "@gorules/zen-engine": zenEngine };
const count = data.facts.length;
const each = (seconds) => `${((seconds / count) * 1e6).toFixed(2).padStart(9)} µs each`;
const fitting = data.decided.filter((numbers) => numbers.length > 0).length;
console.log(`50 rules of 3 conditions over ${count} conversations, ${fitting} of which fit one`);
console.log(`${"routing".padEnd(22)} ${each(data.seconds)}`);
let failed = fitting === 0;
for (const [name, engine] of Object.entries(engines)) {
  const { seconds, decided } = await engine(require(name), data);
  const times = seconds / data.seconds;
  const different = differences(data.decided, decided);
  const kept = times >= TARGETS[name] && different === 0;
  failed ||= !kept;
  console.log(
    `${name.padEnd(22)} ${each(seconds)}  ${times.toFixed(0).padStart(5)} × as long  ≥ ${TARGETS[name]} ` +
      `${times >= TARGETS[name] ? "ok" : "MISSED"}  ${different} decided differently`,
  );
}
process.exit(failed ? 1 : 0);
