# `make smoke` and `make test` are all a newcomer types. Everything else is what they are made of.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: smoke test unit lint bench bench-compare install setup clean
.DEFAULT_GOAL := help

help:
	@echo "make smoke   prove the reference stack end to end, with Docker or without"
	@echo "make test    smokestack's own tests, on real servers"
	@echo "make lint    ruff, mypy --strict, import contracts"
	@echo "make bench   speed and memory, as ratios from one run, into docs/performance.md"
	@echo "make bench-compare   the same, against what was kept"

setup: $(STAMP)

# Hashes are checked; the package itself is installed in place, without its dependencies again.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and "smokestack needs Python 3.11 or later; this is %d.%d. Name another: make PYTHON=python3.12 ..." % v[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

install: setup
	@$(BIN)/smokestack install

smoke: setup
	@$(BIN)/smokestack install --unless-docker
	@$(BIN)/pytest suites/

unit: setup
	@$(BIN)/pytest tests/unit

# Without Go there is nothing to build the native servers with: the tests that need them are skipped.
test: setup
	@if command -v go >/dev/null; then $(BIN)/smokestack install; fi
	@$(BIN)/pytest tests --timeout 600 --durations 15

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install
	@$(BIN)/python -m benchmarks

bench-compare: install
	@$(BIN)/python -m benchmarks --compare

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
