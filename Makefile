# Needs git, make and a Python from 3.11 to 3.14 with venv; everything else comes from requirements/.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help bench demo test test-more kill-test simulate simulate-exhaustive mutants lint format coverage coverage-core wheel-check check lock clean venv venv-runtime

# python3 when it is new enough, else the newest one that answers to its own name.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$p" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 15))' \
  2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
# Two workers suit the smallest machine this runs on; say JOBS=8 on a larger one.
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

demo: venv-runtime ## plan, apply and repair against the built-in simulator: no key, no network
	@$(BIN)/reconciler demo

test: venv ## the whole suite but for what needs PostgreSQL, a browser or Node
	$(PYTEST) -n $(JOBS) -m "not more"

# A missing PostgreSQL, browser or Node fails here; it never skips.
test-more: venv ## the tests that need PostgreSQL, a browser or Node
	@if grep -rqE --include='*.py' 'mark[.]more\b' tests; then \
	  $(PYTEST) -m more; \
	else \
	  echo "test-more: no test is marked as needing more"; \
	fi

# A failure prints its seed: make kill-test KILL_SEED=... asks for the same again.
KILLS ?= 300
KILL_SEED ?= $(shell date +%s)
kill-test: venv ## kill real processes at random moments, writes and socket calls, a few minutes
	KILLS=$(KILLS) KILL_SEED=$(KILL_SEED) $(PYTEST) -n $(JOBS) tests/kill/test_kills.py

# A violation is shrunk, and written as a tape below tests/simulation/tapes.
SEEDS ?= 25000
FIRST_SEED ?= $(shell date +%s)
# One venue alone: make simulate VENUE=htx
VENUE ?= all
simulate: venv ## tell seeded histories of runs, faults and people at both venues, some minutes
	$(BIN)/python -m tests.simulation --venue $(VENUE) --seeds $(SEEDS) --first $(FIRST_SEED) --jobs $(JOBS)

simulate-exhaustive: venv ## every crash with every fault, and two crashes, in fixed scenarios, half an hour
	$(BIN)/python -m tests.simulation.exhaustive --double --jobs $(JOBS)

mutants: venv ## hunt every wrong protocol of the ledger and write docs/mutants.md, an hour
	$(BIN)/python -m tests.simulation.table --jobs $(JOBS)

lint: venv ## formatting, lint, types, workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet --min-severity low .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

format: venv ## rewrite what lint would complain about, where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: venv ## ratios of CPU time beside peers, a few minutes; judges nothing
	$(BIN)/python benchmarks/run.py

coverage: venv ## the suite of make test with branch coverage
	$(PYTEST) -n $(JOBS) -m "not more" --cov --cov-report=term

# What decides and sends has no branch that no test of its own takes. Examples are always the same
# ones here, and nothing else of the suite runs: a branch that only a whole command takes is a gap.
CORE := planner execution model statefile records observe planfile
CORE_TESTS := $(wildcard $(CORE:%=tests/%) $(CORE:%=tests/test_%.py)) tests/groups tests/conformance tests/test_evidence.py
coverage-core: venv ## branches of planner, executor, resolver and state by their own tests: all, or it fails; minutes
	CI=1 COVERAGE_FILE=.coverage.core $(PYTEST) -n $(JOBS) -q $(CORE_TESTS) \
	  $(CORE:%=--cov=reconciler.%) --cov-branch --cov-report=term-missing --cov-fail-under=100

wheel-check: venv ## build the wheel, install it into a fresh venv from the lock, run the command from it
	@$(BIN)/python .ci/wheel_check.py

check: lint test wheel-check ## what CI does before anything lands

# With UV=uv where .venv cannot be made because the lock itself is broken.
UV ?= $(BIN)/uv
COMPILE := $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header
lock: ## resolve requirements/*.txt again from pyproject.toml (UPGRADE=1 for the newest versions)
	@test -x "$(UV)" || command -v "$(UV)" >/dev/null || $(MAKE) venv
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev -o requirements/dev.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt -o requirements/runtime.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt --group pyproject.toml:build -o requirements/build.txt

venv: python ## .venv with the development lock and this package
	@$(PYTHON) .ci/setup_venv.py dev

venv-runtime: python
	@$(PYTHON) .ci/setup_venv.py runtime

.PHONY: python
python:
	@test -n "$(PYTHON)" || { \
	  echo "make: no Python from 3.11 to 3.14 was found on PATH." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }

clean: ## remove what make made
	rm -rf .venv .venv.lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
	find reconciler tests benchmarks .ci -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
