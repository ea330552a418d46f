# A thin front: CMake does the work. `make help` lists the targets.
PRESET ?= release
PREFIX ?= /usr/local
DESTDIR ?=
INPUT ?= /var/log/dpkg.log
SOAK_SECONDS ?= 600
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)

all: build ## the library and the program (PRESET=release|debug|asan|tsan)

build: $(BUILD)/build.ninja
	cmake --build $(BUILD) --parallel $(JOBS)

$(BUILD)/build.ninja:
	tools/bootstrap build test
	cmake --preset $(PRESET)

bootstrap: ## installs the Debian packages that are missing
	tools/bootstrap build test

demo: bootstrap build ## builds and runs examples/logwatch on INPUT (default: this machine's dpkg.log)
	AIRS='$(CURDIR)/$(BUILD)/airs' INPUT='$(INPUT)' examples/logwatch/demo.sh

test: bootstrap build ## every test through ctest
	ctest --preset $(PRESET) --parallel $(JOBS)

bench: build ## the benchmarks; JSON lines
	cmake --build $(BUILD) --target bench

bench-peers: build ## airs beside a mutex queue, tokio, Go and Erlang, in one run (ROUNDS=3)
	AIRS='$(CURDIR)/$(BUILD)/airs' bench/peers/run.sh

bench-candidates: build ## the mailboxes that were considered, beside the one that was built; JSON lines
	cmake --build $(BUILD) --target bench-candidates

soak: bootstrap build ## the core under everything at once, for SOAK_SECONDS (600); AIRS_TEST_SEED repeats a run's choices
	SOAK_SECONDS=$(SOAK_SECONDS) $(BUILD)/tests/soak/soak

explore: build ## every execution of small programs made of the core, with more steps than the tests take
	cmake --build $(BUILD) --target explore

install: build ## into PREFIX (default /usr/local), under DESTDIR if given
	DESTDIR='$(DESTDIR)' cmake --install $(BUILD) --prefix '$(PREFIX)'

format: ## rewrites the sources in the project's style
	tools/bootstrap lint
	tools/lint --fix

lint: ## clang-format, clang-tidy, layer check, shellcheck
	tools/bootstrap build test lint
	cmake --preset debug
	tools/lint build/debug

clean: ## removes every build folder (the Wasmtime cache stays)
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.NOTPARALLEL: # bootstrap comes before build, build before what uses it; Ninja does the parallel work
.PHONY: all build bootstrap demo test bench bench-peers bench-candidates soak explore install format lint clean help
