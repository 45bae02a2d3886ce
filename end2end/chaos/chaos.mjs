// One crash test from beginning to end.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collect } from "./evidence.mjs";
import { killAgainAndAgain } from "./kills.mjs";
import { offencesInWords, rowsOf, table } from "./table.mjs";
import { judge } from "./verdict.mjs";
import { World } from "./world.mjs";

/**
 * Runs it. Gives the table and, where something is not as it must be, the offences in words. Then the data folder
 * stays, with the evidence and the console's logs in it.
 */
export async function chaos(options, { tell = () => {}, signal } = {}) {
  const start = performance.now();
  const world = await World.build(options);
  const interrupt = () => void world.stop();
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    signal?.throwIfAborted();
    const lives = await killAgainAndAgain(world, tell);
    await world.console.stop("SIGTERM");
    const evidence = await collect(world, lives);
    const verdict = judge(evidence);
    const rows = rowsOf(evidence, verdict, (performance.now() - start) / 1000);
    const report = { table: table(rows), offences: "" };
    if (verdict.offences.length > 0) {
      await writeFile(join(world.data, "evidence.json"), JSON.stringify(evidence));
      report.offences = `${offencesInWords(verdict.offences, lives)}\n\nThe evidence is in ${world.data}.`;
      await world.stop();
    } else {
      await world.end();
    }
    return report;
  } catch (error) {
    await world.stop();
    const log = world.console?.program.log.slice(-30) ?? [];
    const said = [`seed ${options.seed}: ${error.message}`, ...log, `The data folder is ${world.data}.`];
    throw new Error(said.join("\n"), { cause: error });
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}
