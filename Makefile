# The only commands a person must know; `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

TOOLS := scripts/tools.sh
WITH_TOOLS := PATH="$$($(TOOLS) path):$$PATH"
CONSOLE := target/release/hiver-console
SIMULATOR := target/release/hiver-sim
SOURCES := $(shell find .cargo Cargo.toml Cargo.lock app crates frontend public server style -type f -not -path '*/tests/*' -not -path '*/benches/*' 2>/dev/null)
LEPTOS := cargo leptos

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build if needed and start the console; a demo with its own simulator where no key is given
	@exec $(CONSOLE) demo --unless-key

.PHONY: dev
dev: ## Watch the sources, rebuild on every change, serve the demo
	@$(TOOLS) build
	@$(WITH_TOOLS) $(LEPTOS) watch -- demo --unless-key

.PHONY: build
build: $(CONSOLE) $(SIMULATOR) ## Leave hiver-console and hiver-sim in target/release, both runnable from any folder

$(CONSOLE): $(SOURCES)
	@$(TOOLS) build
	@mkdir -p target
	@printf 'Building for release (about 6 minutes the first time on 2 cores, 1 minute after a change) …\n' >&2
	@$(WITH_TOOLS) $(LEPTOS) build --release --precompress > target/build.log 2>&1 || { tail -n 60 target/build.log >&2; exit 1; }
	@touch $@

$(SIMULATOR): $(SOURCES)
	@cargo build --quiet --release --package hiver-sim
	@touch $@

.PHONY: test
test: ## Check everything: format, lints, unit and integration tests, the browser
	@scripts/test.sh

.PHONY: bench
bench: build ## Measure pace, page times, memory and sizes; prints a table
	@scripts/bench.sh

.PHONY: chaos
chaos: build ## Kill the console 500 times amid 10,000 changes; nothing may be lost or doubled (ARGS="--kills 50 …")
	@scripts/chaos.sh $(ARGS)

.PHONY: clean
clean: ## Delete what was built; the data folder and the cached tools stay
	@rm -rf target end2end/node_modules end2end/test-results

