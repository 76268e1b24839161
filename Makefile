# Everything a developer or an operator starts from: `make run` is the whole program, `make check test` the whole proof.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DATA ?= ./patchlog-data
MBOX ?=
REPORT_ARGS ?=
TESTS ?=
ARGS ?=
# Tests of one xdist_group, such as those that need Kafka, run in one process and share what they started.
PYTEST_ARGS ?= -n 2 --dist loadgroup
# The pure rooms: every branch of them is taken by some test.
COVERED := --cov=projector.assembly --cov=ingest.message --cov=schemas --cov-branch \
	--cov-report=term-missing:skip-covered --cov-fail-under=100

.PHONY: help setup run test check format bench compose-test growth mutants assembly-report openapi lock clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the environment in .venv, if it is not there or the lock changed

$(STAMP): requirements.lock pyproject.toml
	@python="$${PYTHON:-}"
	for candidate in python3.11 python3 python3.12 python3.13; do
		[ -z "$$python" ] || break
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; fi
	done
	if [ -z "$$python" ]; then
		echo "make: needs Python 3.11 or newer (on Debian: apt-get install python3)" >&2
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then
		echo "make: $$python cannot make environments (on Debian: apt-get install python3-venv)" >&2
		exit 1
	fi
	[ -x $(BIN)/python ] || "$$python" -m venv $(VENV)
	echo "make: installing what requirements.lock names into $(VENV)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

run: setup ## Start everything; Ctrl-C stops it. DATA=DIR is where it keeps what it has
	@exec $(BIN)/patchlog up --data "$(DATA)"

test: setup ## Run the tests; TESTS=path runs some of them
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(if $(TESTS),$(TESTS),$(COVERED))

check: setup ## Look at the code without running it: format, lint, types, who may import whom
	@$(BIN)/ruff format --check --quiet . || { echo "make: not formatted (make format)" >&2; exit 1; }
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

format: setup ## Lay the code out
	@$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

bench: setup ## Measure, and print figures; ARGS=--quick for a short look, ARGS=receive for one of them
	@$(BIN)/python -m bench $(ARGS)

mutants: setup ## See how many faults put into the pure rooms their tests notice; ARGS="COUNT SEED" takes others
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check mutmut==3.8.1
	$(BIN)/python -m bench.mutants $(ARGS)

compose-test: setup ## Run docker-compose.yml for real, as root, with an engine of its own; ARGS="--data DIR" keeps its images
	@deploy/compose-test $(ARGS)

growth: setup ## Measure a list that grows to 200,000 mails, and draw docs/growth.svg
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check matplotlib==3.11.2
	$(BIN)/python -m bench.plot docs/growth.svg

assembly-report: setup ## Say what becomes of a list's mail; MBOX=path (quoted, if several), REPORT_ARGS="--json"
	@[ -n "$(MBOX)" ] || { echo "make: which archive? make assembly-report MBOX=path" >&2; exit 1; }
	$(BIN)/python -m bench.assembly_report $(REPORT_ARGS) $(MBOX)

openapi: setup ## Write schemas/published/openapi.json anew, from what the API is now
	@$(BIN)/python -m api.openapi > schemas/published/openapi.json

lock: setup ## Write requirements.lock anew from pyproject.toml, with the newest versions
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra tracing --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock

clean: ## Remove what was made here, but no data
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
