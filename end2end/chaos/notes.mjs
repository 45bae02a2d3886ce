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

/**
 * Judges one note: `requests` are those of the ledger that asked for it, in order; `life` the one in which the console
 * says that it sent it last. Gives what is wrong, in words; whether it had to be, or might be, uncertain; and where it is
 * although Hiver's yes arrived, how long before the kill that was.
 */
export function judgeNote({ account, requests, life, inHiver }) {
  const wrong = [];
  const { outcome, reason, sent_at } = account;
  const made = requests.filter(({ effect }) => effect?.kind === "note").length;
  const taken = requests.filter((request) => !refused(request));
  const last = requests.at(-1);
  // The kill of that life found the console not knowing yet what the ledger knows.
  const killed = life?.killedFrom !== undefined;
  const forgot = killed && (!last || life.killedFrom - last.done_ms <= FORGETS_MS);

  if (made > 1 || inHiver > 1) wrong.push(["doubled", `${Math.max(made, inHiver)} times in Hiver`]);
  if (made !== inHiver) wrong.push(["wrong", `${made} times in the ledger, ${inHiver} times in Hiver`]);
  if (taken.length > 1) wrong.push(["wrong", `sent again although the first was not refused: ${taken.length} requests`]);
  if (outcome === "done" && inHiver === 0) wrong.push(["lost", "done, but not in Hiver"]);
  if (outcome === "failed" && inHiver !== 0) wrong.push(["wrong", `failed, but ${inHiver} times in Hiver`]);

  const fate = fateOf();
  if (!fate) {
    wrong.push(["wrong", "the ledger does not tell what was heard of it"]);
    return { wrong, must: false, may: false };
  }
  if (!fate.outcomes.includes(outcome)) {
    wrong.push(["wrong", `${outcome}, where the ledger allows ${fate.outcomes.join(" or ") || "nothing"}: ${fate.why}`]);
  } else if (outcome === "uncertain" && !fate.reasons.includes(reason)) {
    wrong.push(["wrong", `uncertain because “${reason}”, where the ledger says “${fate.reasons.join("” or “")}”`]);
  }
  const may = fate.outcomes.includes("uncertain");
  const must = may && fate.outcomes.length === 1;
  const forgotten = may && !must && outcome === "uncertain" ? Math.max(0, life.killedFrom - last.done_ms) : undefined;
  return { wrong, must, may, forgotten };

  /** The outcomes that are true and, for `uncertain`, their reasons. */
  function fateOf() {
    const stopped = { outcomes: ["uncertain"], reasons: [REASONS.stopped] };
    const arrived = last && sent_at !== null && last.at_ms >= sent_at - CLOCKS_MS;
    if (sent_at === null || !life) return { outcomes: [], why: "it says no time of sending within a life of the console" };
    if (last && !arrived && !refused(last)) return { outcomes: [], why: "it was taken up again although it was not refused" };
    if (!arrived || refused(last)) {
      // What was refused, or never arrived, is known to nobody but a console that was killed over it.
      if (arrived && !forgot) return { outcomes: [], why: "the last request was refused, and no kill came over it" };
      if (!arrived && !killed) return { outcomes: [], why: "it never arrived, in a life that was not killed" };
      return { ...stopped, why: "no request arrived that was not refused, before the kill" };
    }
    const what = heard(last);
    const over = forgot ? [REASONS.stopped] : [];
    if (what === "made") return { outcomes: forgot ? ["done", "uncertain"] : ["done"], reasons: over, why: "Hiver said yes" };
    if (what === "no") return { outcomes: forgot ? ["failed", "uncertain"] : ["failed"], reasons: over, why: "Hiver said no" };
    if (what === "stopped") {
      if (!killed) return { outcomes: [], why: "the console went away without a kill" };
      return { ...stopped, why: "the console was killed before the answer" };
    }
    return what && { outcomes: ["uncertain"], reasons: [REASONS[what], ...over], why: `the answer was ${last.status}, ${last.answer}` };
  }
}
