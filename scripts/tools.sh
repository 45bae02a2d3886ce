#!/usr/bin/env bash
# Puts the tools that `make` needs into a folder of their own under the user's cache, keyed by version,
# so that every clone finds them and nothing else of the user's is touched.
#
#   scripts/tools.sh build     what building needs: wasm target, cargo-leptos, wasm-bindgen, wasm-opt
#   scripts/tools.sh test      the same, and what testing needs: nextest, Chromium, Playwright
#   scripts/tools.sh path      prints the folders to put in front of PATH; scripts/bin is one of them
set -euo pipefail

CARGO_LEPTOS=0.3.11
WASM_BINDGEN=0.2.130 # must equal the pin in Cargo.toml
BINARYEN=132
NEXTEST=0.9.143

here=$(cd "$(dirname "$0")/.." && pwd)
tools="${HIVER_CONSOLE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/hiver-console/tools}"
leptos_dir="$tools/cargo-leptos-$CARGO_LEPTOS"
bindgen_dir="$tools/wasm-bindgen-$WASM_BINDGEN"
binaryen_dir="$tools/binaryen-$BINARYEN"
nextest_dir="$tools/nextest-$NEXTEST"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Collects what only the system's package manager can bring, and installs it as root on Debian and its
# relatives; everyone else is told the names before anything has started.
missing=()
need() { has "$1" || missing+=("$2"); }
need_system_packages() {
  need cc build-essential
  need make make
  need curl curl
  need node nodejs
  need npm npm
  if [ "$1" = test ] && [ -z "$(browser)" ]; then missing+=(chromium); fi
  if ! has cargo || ! has rustup; then
    say "Rust is missing: install it from https://rustup.rs (stable 1.94 or newer), then run this again."
    exit 1
  fi
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" = 0 ] && has apt-get; then
    say "Installing ${missing[*]} with apt-get (about a minute) …"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$tools/apt.log" 2>&1 ||
      { cat "$tools/apt.log" >&2; exit 1; }
  else
    say "Missing on this machine: ${missing[*]}"
    echo "  hint: on Debian or Ubuntu: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
}

browser() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && has "$name"; then command -v "$name"; return 0; fi
  done
  return 0
}

logged() { # what, log file, command …
  local what=$1 log=$2
  shift 2
  say "$what"
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "That failed; the whole log is in $log"
    exit 1
  fi
}

# A prebuilt copy is seconds instead of minutes, where cargo-binstall is there and its hosts are reachable.
prebuilt() { # crate, version, folder
  has cargo-binstall || return 1
  cargo binstall --no-confirm --disable-strategies compile --disable-telemetry \
    --root "$3" "$1@$2" >"$tools/$1.log" 2>&1
}

install_build_tools() {
  if ! rustup target list --installed | grep -qx wasm32-unknown-unknown; then
    logged "Adding Rust's wasm target (seconds) …" "$tools/rustup.log" rustup target add wasm32-unknown-unknown
  fi
  if [ ! -x "$binaryen_dir/node_modules/.bin/wasm-opt" ]; then
    mkdir -p "$binaryen_dir"
    logged "Installing wasm-opt (seconds) …" "$tools/binaryen.log" \
      npm install --prefix "$binaryen_dir" --no-audit --no-fund --silent "binaryen@$BINARYEN.0.0"
  fi
  if [ ! -x "$bindgen_dir/bin/wasm-bindgen" ]; then
    # Without --locked: the lock file of this release names a crate that is gone.
    prebuilt wasm-bindgen-cli $WASM_BINDGEN "$bindgen_dir" ||
      logged "Building wasm-bindgen (once, 2 to 4 minutes on 2 cores) …" "$tools/wasm-bindgen.log" \
        env CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install wasm-bindgen-cli --version $WASM_BINDGEN --root "$bindgen_dir"
  fi
  if [ ! -x "$leptos_dir/bin/cargo-leptos" ]; then
    # A debug build: it only starts other programs, and its own release profile takes four times as long.
    prebuilt cargo-leptos $CARGO_LEPTOS "$leptos_dir" ||
      logged "Building cargo-leptos (once, 4 to 6 minutes on 2 cores) …" "$tools/cargo-leptos.log" \
        env CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install cargo-leptos --debug --version $CARGO_LEPTOS --locked --ignore-rust-version \
        --features no_downloads --root "$leptos_dir"
  fi
  rm -rf "$tools/build"
}

install_test_tools() {
  if ! has cargo-nextest && [ ! -x "$nextest_dir/bin/cargo-nextest" ]; then
    prebuilt cargo-nextest $NEXTEST "$nextest_dir" ||
      logged "Building cargo-nextest (once, 5 to 8 minutes on 2 cores) …" "$tools/nextest.log" \
        env CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install cargo-nextest --version $NEXTEST --locked --root "$nextest_dir"
    rm -rf "$tools/build"
  fi
  if ! cmp -s "$here/end2end/package-lock.json" "$here/end2end/node_modules/.installed-from"; then
    logged "Installing Playwright (seconds) …" "$tools/playwright.log" \
      env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --prefix "$here/end2end" --no-audit --no-fund --silent
    cp "$here/end2end/package-lock.json" "$here/end2end/node_modules/.installed-from"
  fi
}

case "${1:-}" in
  path) echo "$here/scripts/bin:$leptos_dir/bin:$bindgen_dir/bin:$binaryen_dir/node_modules/.bin:$nextest_dir/bin" ;;
  browser) browser ;;
  build | test)
    mkdir -p "$tools"
    need_system_packages "$1"
    install_build_tools
    if [ "$1" = test ]; then install_test_tools; fi
    ;;
  *)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac
