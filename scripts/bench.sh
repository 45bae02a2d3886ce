#!/usr/bin/env bash
# Measures what is promised and fails when a target is missed:
#
#   scripts/bench.sh           all of the following; `make bench` builds the binaries first
#   scripts/bench.sh run       pace of a run against the simulator, pages of a list in memory (about a minute)
#   scripts/bench.sh pace      two minutes at one request a second against a limiter without burst
#   scripts/bench.sh rules     routing rules over 100,000 conversations, and beside two other engines (two minutes)
#   scripts/bench.sh server    page times, memory and sizes of the built server (about half a minute)
#
# CONSOLE_BIN and HIVER_SIM_BIN name other binaries than those in target/release.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[2m— %s\033[0m\n' "$*" >&2; }

missed=0

run() {
  say "a run and lists, in process (building the benchmark takes minutes the first time)"
  cargo bench --quiet --package engine --bench run --no-run
  timeout --kill-after=10 300 cargo bench --quiet --package engine --bench run || missed=1
}

pace() {
  say "two minutes at one request a second, in process"
  cargo bench --quiet --package hiver --bench pace --no-run
  timeout --kill-after=10 200 cargo bench --quiet --package hiver --bench pace || missed=1
}

rules() {
  say "routing rules, in process and beside other engines (building the benchmark takes minutes the first time)"
  cargo bench --quiet --package routing --bench rules --no-run
  timeout --kill-after=10 120 cargo bench --quiet --package routing --bench rules || missed=1
  timeout --kill-after=10 300 node scripts/bench-rules.mjs || missed=1
}

server() {
  say "the server, over HTTP"
  timeout --kill-after=20 240 node scripts/bench.mjs || missed=1
}

case "${1:-all}" in
  run) run ;;
  pace) pace ;;
  rules) rules ;;
  server) server ;;
  all)
    run
    pace
    rules
    server
    ;;
  *)
    sed -n '2,10p' "$0" >&2
    exit 2
    ;;
esac
exit $missed
