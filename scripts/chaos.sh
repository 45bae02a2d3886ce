#!/usr/bin/env bash
# Kills the console again and again while it sends thousands of changes to a simulated Hiver with faults, and holds
# what it says became of each against Hiver's ledger. Fails when a change is lost, doubled or not as it says.
#
#   scripts/chaos.sh [--kills N] [--changes N] [--seed S] [--rate R]     `make chaos` builds the binaries first
#
# CONSOLE_BIN and HIVER_SIM_BIN name other binaries than those in target/release.
set -euo pipefail
cd "$(dirname "$0")/.."

exec node end2end/chaos/main.mjs "$@"
