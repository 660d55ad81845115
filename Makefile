# kolwatch: `make run` does the main job, `make test` runs the tests; both set up what they need first.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A package index for torch alone, for those who have one with the CPU-only build
TORCH_INDEX ?=
# The first Python of the right version that can make virtual environments; or say PYTHON=/path/to/python
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help setup run console test lint docs lock clean

help:
	@echo "make run [ARGS=--once]   set up and do the main job; Ctrl-C ends it"
	@echo "make console             set up and run the review console only"
	@echo "make test [ARGS=...]     set up and run all tests"
	@echo "make lint                formatting, style, import rules, types, texts of guidance/"
	@echo "make docs                write the table of docs/sources.md anew from the code"
	@echo "make setup               only set up, in $(VENV) (PYTHON=..., TORCH_INDEX=...)"
	@echo "make lock                write the lock files anew from pyproject.toml"
	@echo "make clean               remove the environment and what was built; keeps .kolwatch"

setup: $(VENV)/.ready

run: $(VENV)/.ready
	@exec $(BIN)/kolwatch up $(ARGS)

console: $(VENV)/.ready
	@exec $(BIN)/kolwatch serve $(ARGS)

test: $(VENV)/.ready-dev
	@$(BIN)/python -m pytest --numprocesses=2 --dist=worksteal $(ARGS)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/kolwatch guidance lint

# torch comes first and from its lock line, so that its own index, if named, serves nothing else.
$(VENV)/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "kolwatch needs Python 3.11, 3.12 or 3.13 with venv; say PYTHON=/path/to/it" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the packages of requirements.lock into $(VENV); the first time takes some minutes"
	@$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$$(grep '^torch==' requirements.lock)"
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@$(PIP) install --requirement requirements-dev.lock
	@touch $@

docs: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.sources.table

# Written on Python 3.11. A package that only another version needs has a line with a marker at the end of the lock,
# and such lines are kept.
lock:
	python3.11 -m venv --clear .lock
	.lock/bin/python -m pip --quiet install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$$(grep '^torch==' requirements.lock)"
	.lock/bin/python -m pip --quiet install --editable .
	grep ';' requirements.lock > .lock/marked || true
	.lock/bin/python -m pip freeze --all --exclude-editable | grep -vE '^pip=' | sed -E 's/^(torch==[^+]*).*/\1/' > .lock/frozen
	.lock/bin/python -m pip --quiet install --editable '.[dev]'
	.lock/bin/python -m pip freeze --all --exclude-editable | grep -vE '^(pip|torch)=' | grep -vxFf .lock/frozen > requirements-dev.lock
	cat .lock/frozen .lock/marked > requirements.lock
	rm -r .lock

clean:
	rm -rf $(VENV) .lock build dist kolwatch.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
