# Everything is installed into .venv, nothing outside this folder. A stamp there tells what stands already.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test lint style types imports venv learn2learn clean

help:
	@echo "make demo    install what the package needs and show it at work"
	@echo "make test    install the development tools too, run all tests, measure coverage"
	@echo "make lint    ruff, pyright and the import contracts (make style, make types, make imports)"
	@echo "make venv    only install, for development: .venv/bin/kt-fewshot, .venv/bin/pytest"
	@echo "make clean   remove .venv and what tools leave behind; results in runs/ stay"
	@echo "Another Python: make venv PYTHON=python3.12"

demo: $(VENV)/core.stamp
	$(BIN)/python cli.py dkt train

# pytest's answer decides, coverage is told after it.
test: $(VENV)/dev.stamp learn2learn
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS); status=$$?; \
	$(BIN)/coverage combine -q; $(BIN)/coverage report; exit $$status

lint: style types imports

style: $(VENV)/dev.stamp
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(VENV)/dev.stamp
	$(BIN)/lint-imports

venv: $(VENV)/dev.stamp learn2learn

$(BIN)/python:
	@command -v $(PYTHON) > /dev/null || { echo "kt-fewshot needs Python 3.11 or newer; '$(PYTHON)' is not there. Name one: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kt-fewshot needs Python 3.11 or newer. Found $$($(PYTHON) --version 2>&1). Name another: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/core.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/core.stamp

# learn2learn is a step of its own: see requirements-learn2learn.txt. Where it cannot be built all else works.
learn2learn: $(VENV)/dev.stamp
	@if [ $(VENV)/learn2learn.stamp -nt requirements-learn2learn.txt ]; then exit 0; fi; \
	echo "$(PIP) install --no-deps --requirement requirements-learn2learn.txt"; \
	if $(PIP) install --no-deps --requirement requirements-learn2learn.txt > $(VENV)/learn2learn.log 2>&1; \
	then touch $(VENV)/learn2learn.stamp; \
	else echo "learn2learn could not be installed (why: $(VENV)/learn2learn.log); tests that need it are skipped."; fi

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
