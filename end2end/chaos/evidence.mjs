// All that a verdict is made of, in one object that could be written to a file: plan, ledger, state, lives, accounts.

import { accountsOf } from "./account.mjs";

/** Collects it. Both programs are still there, nothing is on its way any more. */
export async function collect(world, lives) {
  const before = Date.now();
  const { now_ms } = await world.sim.control("GET", "/clock");
  const { requests, forgotten } = await world.sim.control("GET", "/ledger");
  const final = await world.sim.state();
  return {
    options: world.options,
    runs: [...world.plan.big, ...world.plan.small].map(({ id, name, changes }) => ({ id, name, changes })),
    initial: world.initial.conversations,
    final: final.conversations,
    requests,
    forgotten,
    lives,
    accounts: await accountsOf(world),
    // The simulator's clock runs by itself from its start on; the console and the kills go by the system's.
    simulatorAhead: now_ms - before,
  };
}
