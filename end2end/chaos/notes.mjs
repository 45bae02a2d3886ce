// What may have become of one note, by the ledger and the kills, and whether the console says so.
//
// Two things are looked at apart: what Hiver has (never two), and what the console could know.

/** Between the simulator's clock and the system's. */
const CLOCKS_MS = 20;
/**
 * An answer that came longer than this before a kill must be on disk by then. Writing it takes a few milliseconds; on a
 * machine that others use too, 51 were seen.
 */
export const FORGETS_MS = 250;

/** Why a note is uncertain, in the console's words. */
const REASONS = {
  server: "Hiver had an error while it took the note",
  silence: "Hiver did not answer whether it took the note",
  stopped: "the console stopped while the note was on its way",
};

const refused = ({ status }) => status === 429;
const accepted = ({ status }) => typeof status === "number" && status >= 200 && status < 300;

/** What was heard of a request that Hiver did not refuse: `made`, `no`, or why it cannot be known. */
function heard(request) {
  if (request.answer === "unheard") return "stopped";
  if (request.answer === "complete" && accepted(request)) return "made";
  if (request.answer === "complete" && request.status >= 400 && request.status < 500) return "no";
  if (request.answer === "complete" && request.status >= 500) return "server";
  // JSON that ends half way is still Hiver's own yes; a page of somebody in between is not.
  if (request.answer === "spoiled" && request.fault === "truncated" && accepted(request)) return "made";
  if (request.answer === "none" || (request.answer === "spoiled" && request.fault === "html")) return "silence";
  return undefined;
}

/** What may have become of a note: the outcomes that are true, why, and the reasons that `uncertain` may give. */
const allow = (outcomes, why, reasons = []) => ({ outcomes, why, reasons });
const nothing = (why) => allow([], why);

/** The fate of a note by the ledger and the kill, if any, of the `life` in which it was sent last. */
function fateOf({ account: { sent_at }, last, life, forgot }) {
  if (sent_at === null || !life) return nothing("it says no time of sending within a life of the console");
  const killed = life.killedFrom !== undefined;
  const arrived = last && last.at_ms >= sent_at - CLOCKS_MS;
  if (last && !arrived && !refused(last)) return nothing("it was taken up again although it was not refused");
  if (!arrived || refused(last)) {
    // What was refused, or never arrived, is in doubt only for a console that was killed over it.
    if (!killed) return nothing("no request that was not refused arrived, in a life that was not killed");
    if (arrived && !forgot) return nothing("it was refused, long before the kill");
    return allow(["uncertain"], "no request that was not refused arrived before the kill", [REASONS.stopped]);
  }
  const over = forgot ? [REASONS.stopped] : [];
  const or = (outcome) => (forgot ? [outcome, "uncertain"] : [outcome]);
  switch (heard(last)) {
    case "made":
      return allow(or("done"), "Hiver said yes", over);
    case "no":
      return allow(or("failed"), "Hiver said no", over);
    case "stopped":
      if (!killed) return nothing("the console went away without a kill");
      return allow(["uncertain"], "the console was killed before the answer", [REASONS.stopped]);
    case "server":
      return allow(["uncertain"], `the answer was ${last.status}`, [REASONS.server, ...over]);
    case "silence":
      return allow(["uncertain"], "no answer of Hiver's arrived", [REASONS.silence, ...over]);
    default:
      return nothing("the ledger does not tell what was heard of it");
  }
}

/**
 * Judges one note: `requests` are those of the ledger that asked for it, in order; `life` the one in which the console
 * says that it sent it last. Gives what is wrong, in words; whether it had to be, or might be, uncertain; and where it
 * is although Hiver's answer arrived, how long before the kill that was.
 */
export function judgeNote({ account, requests, life, inHiver }) {
  const wrong = [];
  const { outcome, reason } = account;
  const made = requests.filter(({ effect }) => effect?.kind === "note").length;
  const taken = requests.filter((request) => !refused(request)).length;
  const last = requests.at(-1);
  // The kill may have come before what was answered was on disk.
  const forgot = life?.killedFrom !== undefined && last !== undefined && life.killedFrom - last.done_ms <= FORGETS_MS;

  if (made > 1 || inHiver > 1) wrong.push(["doubled", `${Math.max(made, inHiver)} times in Hiver`]);
  if (made !== inHiver) wrong.push(["wrong", `${made} times in the ledger, ${inHiver} times in Hiver`]);
  if (taken > 1) wrong.push(["wrong", `sent again although the first was not refused: ${taken} requests`]);
  if (outcome === "done" && inHiver === 0) wrong.push(["lost", "done, but not in Hiver"]);
  if (outcome === "failed" && inHiver !== 0) wrong.push(["wrong", `failed, but ${inHiver} times in Hiver`]);

  const { outcomes, why, reasons } = fateOf({ account, last, life, forgot });
  if (!outcomes.includes(outcome)) {
    wrong.push(["wrong", `${outcome}, where the ledger allows ${outcomes.join(" or ") || "nothing"}: ${why}`]);
  } else if (outcome === "uncertain" && !reasons.includes(reason)) {
    const said = reasons.join("” or “");
    wrong.push(["wrong", `uncertain because “${reason}”, where the ledger says “${said}”`]);
  }
  const may = outcomes.includes("uncertain");
  const must = may && outcomes.length === 1;
  const forgotten = may && !must && outcome === "uncertain" ? Math.max(0, life.killedFrom - last.done_ms) : undefined;
  return { wrong, must, may, forgotten };
}
