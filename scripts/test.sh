#!/usr/bin/env bash
# Everything that CI checks. Quiet while all is well; ends with the closing lines of the test runners.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh test
export PATH="$(scripts/tools.sh path):$PATH"
step() { printf '\033[2m— %s\033[0m\n' "$*" >&2; }

step "format and lints"
cargo fmt --all --check
cargo clippy --quiet --workspace --exclude frontend --all-targets --features app/ssr -- -D warnings
cargo clippy --quiet --package frontend --target wasm32-unknown-unknown -- -D warnings

step "build"
make build

step "unit and integration tests"
cargo nextest run --workspace --exclude frontend --features app/ssr --cargo-quiet \
  --status-level fail --final-status-level fail --show-progress none
cargo test --quiet --doc --package hiver --package hiver-sim

step "the simulator, from another language"
node --test --test-reporter=dot end2end/contract/*.test.mjs

step "twenty kills"
timeout --kill-after=10 180 node --test --test-reporter=dot end2end/chaos/*.test.mjs

step "the browser"
CHROMIUM="$(scripts/tools.sh browser)" npm --prefix end2end test --silent
