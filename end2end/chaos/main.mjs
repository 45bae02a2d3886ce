// `scripts/chaos.sh`: a crash test on the command line. Ends with 1 where something was lost, doubled or untrue.

import { chaos } from "./chaos.mjs";
import { USAGE, optionsOf } from "./options.mjs";

function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

async function main() {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stopped.abort());
  const { table, offences } = await chaos(options, { tell: say, signal: stopped.signal });
  say("");
  console.log(table);
  if (offences) console.error(`\n${offences}`);
  return offences ? 1 : 0;
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(`error: ${error.message}`);
}
// A console that hangs must not keep this waiting.
process.exit(code);
