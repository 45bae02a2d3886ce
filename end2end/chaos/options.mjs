// What a crash test is asked to do, from its command line.

import { parseArgs } from "node:util";

export const USAGE = `Kills the console at random moments while it sends changes, and holds its account against Hiver's.

  --kills N      how often it is killed (500)
  --changes N    how many changes it is given, a multiple of 5: every fifth is a note (10000)
  --seed S       the plan, the faults' chances and the delays before the kills follow from it (a new one each time)
  --rate R       requests per second that the console may send (200)
`;

const DEFAULTS = { kills: 500, changes: 10_000, rate: 200 };
/** Two small runs, and a bulk run that is too big for the lane of small ones. */
export const FEWEST_CHANGES = 150;

/** The options, all of them set. Throws with a sentence where one makes no sense. */
export function optionsOf(args) {
  const text = { type: "string" };
  const { values } = parseArgs({
    args,
    options: { kills: text, changes: text, seed: text, rate: text, help: { type: "boolean" } },
  });
  const whole = (name, fallback, least, most) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new Error(`--${name} is a whole number from ${least} to ${most}, not \`${values[name]}\``);
  };
  const options = {
    help: values.help ?? false,
    kills: whole("kills", DEFAULTS.kills, 0, 100_000),
    changes: whole("changes", DEFAULTS.changes, FEWEST_CHANGES, 50_000),
    rate: whole("rate", DEFAULTS.rate, 1, 1_000),
    seed: whole("seed", Date.now() % 1_000_000, 0, 2 ** 32 - 1),
  };
  if (options.changes % 5 !== 0) throw new Error("--changes is a multiple of 5: every fifth is a note");
  return options;
}
