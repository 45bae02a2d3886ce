#!/usr/bin/env bash
# Measures what is promised and fails when a target is missed:
#
#   scripts/bench.sh           all of the following; `make bench` builds the binaries first
#   scripts/bench.sh run       pace of a run against the simulator, pages of a list in memory (about a minute)
#   scripts/bench.sh pace      two minutes at one request a second against a limiter without burst
#   scripts/bench.sh simulator requests a second and memory of the simulator with 100,000 conversations (half a minute)
#   scripts/bench.sh rules     routing rules over 100,000 conversations, beside two other engines, and while typing (three minutes)
#   scripts/bench.sh server    page times, memory and sizes of the built server (about half a minute)
#   scripts/bench.sh mirror    first sync of 100,000 conversations, its memory, and that of a restart (half a minute)
#   scripts/bench.sh webhooks 1,000 deliveries, 50 at a time, and how soon an event is on a page (half a minute)
#   scripts/bench.sh tabs      memory of 500 open tabs, and how soon a change reaches them (half a minute)
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

simulator() {
  say "the simulator with 100,000 conversations, over HTTP"
  cargo bench --quiet --package hiver-sim --bench load --no-run
  timeout --kill-after=10 120 cargo bench --quiet --package hiver-sim --bench load || missed=1
}

rules() {
  say "routing rules, in process and beside other engines (building the benchmark takes minutes the first time)"
  cargo bench --quiet --package routing --bench rules --no-run
  timeout --kill-after=10 120 cargo bench --quiet --package routing --bench rules || missed=1
  timeout --kill-after=10 300 node scripts/bench/rules.mjs || missed=1
  timeout --kill-after=20 360 node scripts/bench/matches.mjs || missed=1
}

server() {
  say "the server, over HTTP"
  timeout --kill-after=20 240 node scripts/bench/server.mjs || missed=1
}

mirror() {
  say "a mirror of 100,000 conversations"
  timeout --kill-after=20 360 node scripts/bench/mirror.mjs || missed=1
}

webhooks() {
  say "what Hiver delivers"
  timeout --kill-after=20 150 node scripts/bench/webhooks.mjs || missed=1
}

tabs() {
  say "500 open tabs"
  timeout --kill-after=20 240 node scripts/bench/tabs.mjs || missed=1
}

case "${1:-all}" in
  run | pace | rules | simulator | server | mirror | webhooks | tabs) "$1" ;;
  all)
    run
    pace
    rules
    simulator
    server
    mirror
    webhooks
    tabs
    ;;
  *)
    sed -n '2,14p' "$0" >&2
    exit 2
    ;;
esac
exit $missed
