# Two commands: `make playground` tries everything in a browser, `make test` checks it. Both set themselves up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: playground test check bench weeks screenshots clean help

help:
	@echo "make playground   try Waypoint in a browser, without a Discord account"
	@echo "make test         run the tests"
	@echo "make check        ruff and pyright"
	@echo "make bench        the measurements of tests/bench (minutes)"
	@echo "make weeks        fifty members on the page through eight simulated weeks, every message that they get written down"
	@echo "make screenshots  draw the README's pictures again"
	@echo "make clean        remove the virtual environment and the playground's data"

playground: $(VENV)/.worker
	@$(BIN)/waypoint playground --home .waypoint

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

weeks: $(VENV)/.dev
	$(BIN)/python -m tests.bench.weeks docs

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.bench.screenshots docs/pictures

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.worker: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing (a few minutes the first time) …"
	$(PIP) --editable '.[worker]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP) --editable '.[worker,dev]'
	@touch $@ $(VENV)/.worker

clean:
	rm -rf $(VENV) .waypoint
