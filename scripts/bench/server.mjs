// Page times, memory and sizes of the built server, against the built simulator with 5,000 conversations.

import { Agent } from "node:http";

import {
  WAIT_MS, ask, json, kb, main, mb, memoryRow, ms, residentMb, signIn, sleep, startConsole, startSimulator, synced,
} from "./support.mjs";

const CONVERSATIONS = 5_000;
const PAGE = "/triage?q=status:open";
const REQUESTS = 300;
const WARM_UP = 20;
const PARALLEL = 8;
const TARGET_P95_MS = 50;
const TARGET_RUN_P95_MS = 100;
const TARGET_REST_MB = 60;
const TARGET_SIZE_KB = 450;

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

const sum = (files, field) => files.reduce((total, file) => total + file[field], 0);

await main(180_000, async () => {
  const sim = await startSimulator(CONVERSATIONS);
  const console_ = await startConsole(sim);
  const { url, name, password } = console_;
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const cookie = await signIn(agent, url, name, password);
  await synced(agent, url, cookie, CONVERSATIONS);
  await sleep(2_000);
  const atRest = residentMb(console_);

  await load(agent, url, cookie, WARM_UP, 1);
  const one = await load(agent, url, cookie, REQUESTS, 1);
  const many = await load(agent, url, cookie, REQUESTS, PARALLEL);
  const afterLoad = residentMb(console_);

  const runPage = await longRun(agent, url, cookie);
  await load(agent, url, cookie, WARM_UP, 1, runPage);
  const run = await load(agent, url, cookie, 100, 1, runPage);

  const files = await sizes(agent, url, cookie);
  agent.destroy();

  const brotli = sum(files, "brotli");
  const allCompressed = files.every((file) => file.compressed);
  return [
    [`triage page, ${REQUESTS} one by one, p50`, "", ms(percentile(one, 50))],
    [`triage page, ${REQUESTS} one by one, p95`, `<= ${TARGET_P95_MS} ms`, ms(percentile(one, 95)),
      percentile(one, 95) <= TARGET_P95_MS],
    [`triage page, ${REQUESTS} by ${PARALLEL} at once, p50`, "", ms(percentile(many, 50))],
    [`triage page, ${REQUESTS} by ${PARALLEL} at once, p95`, "", ms(percentile(many, 95))],
    ["page of a run with 10,000 changes, p50", "", ms(percentile(run, 50))],
    ["page of a run with 10,000 changes, p95", `<= ${TARGET_RUN_P95_MS} ms`, ms(percentile(run, 95)),
      percentile(run, 95) <= TARGET_RUN_P95_MS],
    memoryRow("memory at rest, mirror read", atRest, TARGET_REST_MB),
    ["memory after the load", "", mb(afterLoad)],
    ["wasm + JS + CSS, Brotli", `<= ${TARGET_SIZE_KB} kB`, allCompressed ? kb(brotli) : `${kb(brotli)}, not compressed`,
      allCompressed && brotli <= TARGET_SIZE_KB * 1e3],
    ...files.map((file) => [`  ${file.name}`, "", `${kb(file.brotli)} of ${kb(file.raw)} raw`]),
    ["wasm + JS + CSS, raw", "", kb(sum(files, "raw"))],
    ["files that a browser may keep for good", `${files.length} of ${files.length}`,
      `${files.filter((file) => file.kept).length} of ${files.length}`, files.every((file) => file.kept)],
  ];
});
