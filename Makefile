# Everything a person types. `make run` and `make test` work from a fresh clone with Python 3.11 to 3.13 and make.
.DEFAULT_GOAL := help
.PHONY: help env env-dev run test soak airflow check format lock audit bench bench-peers dictionary clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 found; install one, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt | .venv/bin/python
	@echo "installing the pinned packages of requirements.txt into .venv (about 0.8 GB, once) ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo "installing the pinned packages of requirements-dev.txt into .venv ..."
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@

env: .venv/.runtime  ## build the environment that runs the pipeline
env-dev: .venv/.dev  ## build the environment that tests and checks it

run: env  ## land example events and run the DAGs through Airflow; prints where the reports are
	@$(BIN)/python -m pipeline.orchestration.example

airflow: env  ## scheduler and web UI in the foreground; Ctrl-C stops everything
	@$(BIN)/python -m pipeline.orchestration.standalone

test: env-dev  ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup; code=$$?; \
	if [ $$code -eq 5 ]; then echo "error: pytest found no test to run, which is a failure here"; fi; exit $$code

soak: env-dev  ## kill commands at random instants, N=200 times, from SEED=0 on
	@$(BIN)/python -m tests.soak -n $(or $(N),200) --seed $(or $(SEED),0)

check: env-dev  ## lint, types, import contracts, SQL lint: what CI runs before the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar sql

format: env-dev  ## format Python and SQL
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar sql

lock: env-dev  ## resolve the requirements.in of product, development and peers for Python 3.11 to 3.13
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --quiet requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --quiet requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --quiet benchmarks/requirements.in -o benchmarks/requirements.txt

audit: env-dev  ## known vulnerabilities in the pinned packages
	$(BIN)/pip-audit --strict --requirement requirements.txt --no-deps --disable-pip

benchmarks/.venv/.peers: benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/.venv
	@benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

bench-peers: benchmarks/.venv/.peers  ## build the environment of the peers that benchmarks compare with

bench: env-dev  ## print the figures of benchmarks/ (hours; each script runs alone too)
	@for script in benchmarks/*.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python $$script || exit 1; done

dictionary: env  ## write docs/data-dictionary.md from the schemas
	$(BIN)/python -m pipeline dictionary > docs/data-dictionary.md

clean:  ## remove state and caches, keep the environment
	rm -rf var .airflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
