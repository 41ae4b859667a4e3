# make demo      repair the shipped project, offline          make lint    style and the import contract
# make test      run the tests                                make types   strict type check of what the wheel installs
# make install   only make .venv                              make bench   the quick benchmarks
# Each one makes .venv first where it is missing or out of date. PYTHON=… names an interpreter.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UNPACKED := build/unpacked
PYTEST_ARGS ?=
SHELL := /bin/sh

.PHONY: install demo test lint types studio bench constraints clean
.DEFAULT_GOAL := install

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt .ci/bootstrap
	@PYTHON="$(PYTHON)" sh .ci/bootstrap $(VENV)
	@touch $@

demo: install
	@sh examples/demo.sh

test: install
	@$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=worksteal $(PYTEST_ARGS)

lint: install $(UNPACKED)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@cd $(UNPACKED) && ../../$(BIN)/lint-imports --config ../../pyproject.toml --no-cache

types: install $(UNPACKED)
	@cd $(UNPACKED) && ../../$(BIN)/python -m mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache -p aion_r

# LangGraph Studio's server with our graph; nothing is sent outside.
studio: install
	@LANGGRAPH_CLI_NO_ANALYTICS=1 $(BIN)/langgraph dev --no-browser --no-reload

bench: install
	@$(BIN)/python benchmarks/startup.py

# What the wheel installs, and nothing else. Made anew each time: setuptools would keep deleted modules in build/lib.
.PHONY: $(UNPACKED)
$(UNPACKED): install
	@rm -rf build
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/dist .
	@$(BIN)/python -m zipfile -e build/dist/aion_r-*.whl $(UNPACKED)

# Pins everything that `make install` brings, from a resolve that starts with nothing.
constraints:
	@rm -rf build
	@PYTHON="$(PYTHON)" CONSTRAINTS=/dev/null sh .ci/bootstrap build/venv
	@build/venv/bin/python -m pip freeze --all --exclude-editable > constraints.txt

clean:
	@rm -rf build dist aion_r.egg-info .mypy_cache .ruff_cache .pytest_cache
