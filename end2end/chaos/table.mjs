// A verdict as a table, and each offence with what speaks against it.

/** How many offences are written out; all of them are in the file of the evidence. */
const WRITTEN_OUT = 40;

const count = (items, of) => {
  const counts = {};
  for (const item of items) {
    const key = of(item);
    if (key !== undefined && key !== null) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};
const list = (counts) =>
  Object.entries(counts)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([name, number]) => `${name} ${number}`)
    .join(", ") || "none";
const sum = (counts, names) => names.reduce((total, name) => total + (counts[name] ?? 0), 0);

/** The smallest that so many percent do not exceed. */
function percentile(values, percent) {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** Kills at which a change was on its way: it had arrived at Hiver and had not been answered. */
function killsInFlight(lives, writes) {
  return lives.filter(({ killedFrom, killedUntil }) =>
    writes.some(({ at_ms, done_ms }) => at_ms <= killedUntil && done_ms >= killedFrom),
  ).length;
}

/** What was answered and not written down any more is uncertain rightly, if the answer came late enough. */
function answeredBefore(gaps) {
  if (gaps.length === 0) return "";
  return `, and ${gaps.length} answered at most ${Math.round(Math.max(...gaps))} ms before a kill`;
}

export function rowsOf(evidence, verdict, seconds) {
  const { options, lives, runs, accounts } = evidence;
  const { requests, planned, uncertain, offences } = verdict;
  const writes = requests.filter(({ method }) => method !== "GET");
  const faults = count(requests, ({ fault }) => fault);
  const outcomes = count(planned, ({ account }) => account?.outcome ?? "missing");
  const failed = planned.filter(({ account }) => account?.outcome === "failed");
  const wrong = count(offences, ({ kind }) => kind);
  const ready = lives.map(({ readyAfter }) => readyAfter);
  const small = runs.filter(({ changes }) => changes.length <= 20).length;
  return [
    ["seed", options.seed],
    ["kills, lives", `${verdict.kills} of ${options.kills}, ${lives.length}`],
    ["kills with a change on its way", killsInFlight(lives.filter(({ killedFrom }) => killedFrom), writes)],
    ["from start to ready", `p50 ${Math.round(percentile(ready, 50))} ms, max ${Math.round(Math.max(...ready))} ms`],
    ["runs", `${runs.length - small} big, ${small} small; ${list(count(accounts, ({ state }) => state))}`],
    ["changes", `${planned.length}: ${list(count(planned, ({ kind }) => kind))}`],
    ["outcomes", list(outcomes)],
    ["reasons of failures", list(count(failed, ({ account }) => account.reason))],
    ["429 with and without Retry-After", `${faults["429"] ?? 0}, ${faults["429-bare"] ?? 0}`],
    ["500 before and after the effect", `${faults["500-before"] ?? 0}, ${faults["500-after"] ?? 0}`],
    ["cut before and after the effect", `${faults["cut-before"] ?? 0}, ${faults.cut ?? 0}`],
    ["answers that cannot be read", sum(faults, ["html", "truncated"])],
    ["answers that nobody was there to hear", count(writes, ({ answer }) => answer).unheard ?? 0],
    ["reads", requests.length - writes.length],
    ["changing requests", `${writes.length}, at least ${planned.length}`],
    ["uncertain notes", uncertain.actual],
    ["  expected by the ledger and the kills", `${uncertain.must}${answeredBefore(uncertain.forgotten)}`],
    ["lost", wrong.lost ?? 0],
    ["doubled", wrong.doubled ?? 0],
    ["wrong", wrong.wrong ?? 0],
    ["  of them failed, though made", offences.filter(({ what }) => what.startsWith("failed, but")).length],
    ["duration", `${Math.round(seconds)} s`],
  ];
}

export function table(rows) {
  const width = Math.max(...rows.map(([what]) => what.length));
  return rows.map(([what, value]) => `${what.padEnd(width)} | ${value}`).join("\n");
}

/** Offences in words, the first of them. */
export function offencesInWords(offences, lives) {
  const written = offences.slice(0, WRITTEN_OUT).map(({ kind, what, change, life, request, row }) => {
    const about = [];
    if (change) {
      const { name, run, conversation, requests, account } = change;
      about.push(`${name} (run ${run}), ${conversation}, ${change.kind} ${change.value}`);
      if (account) about.push(`the console: ${JSON.stringify(account)}`);
      about.push(...requests.map((one) => `the ledger: ${JSON.stringify(one)}`));
    }
    if (life !== undefined) {
      const { spawned, killedFrom, killedUntil } = lives[life];
      about.push(`life ${life}: started ${spawned}, killed ${killedFrom ?? "never"} to ${killedUntil ?? "never"}`);
    }
    if (request) about.push(JSON.stringify(request));
    if (row) about.push(JSON.stringify(row));
    return [`${kind}: ${what}`, ...about.map((line) => `    ${line}`)].join("\n");
  });
  if (offences.length > WRITTEN_OUT) written.push(`… and ${offences.length - WRITTEN_OUT} more`);
  return written.join("\n");
}
