# Everything here sets itself up: Python 3.11 or newer and git are enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; `make PYTHON=…` says otherwise.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# Keeps the reviewed folder, which is the working directory, off the import path.
RUN := $(BIN)/python -P -m bot
PYTEST_ARGS ?=
COST_ARGS ?=
BENCH_BASE ?=
BENCH_FOLDERS ?=
IMAGE ?= dify-plugin-review
BASE ?= docker.io/library/python:3.12-slim
UPGRADE ?=

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: setup
setup: build/npm.stamp ## Set everything up that the other targets need, without running any of it

.PHONY: demo
demo: $(VENV)/demo.stamp ## Review the bundled plugins end to end, against an embedded GitHub
	@$(BIN)/python -P -m standin

.PHONY: test
test: build/npm.stamp ## Run the test suite
	@$(BIN)/python -m pytest -n auto $(PYTEST_ARGS)

.PHONY: coverage
coverage: build/npm.stamp ## Run the test suite, and hold what it covers to the floor
	@$(BIN)/python -m pytest -n auto --cov --cov-report= $(PYTEST_ARGS)
	@$(BIN)/python -P tests/support/coverage_floor.py

.PHONY: test-container
test-container: build/npm.stamp ## Build the image and run it as the runner would (needs root and a Docker engine)
	@TMPDIR="$${TMPDIR:-/tmp}" $(BIN)/python -m pytest -m container $(PYTEST_ARGS) tests/container  # images fill a disk

.PHONY: lint
lint: $(VENV)/dev.stamp ## Check code, types, workflows, Dockerfile and scripts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/yamllint --strict .github docs/workflows action.yml .pre-commit-hooks.yaml .pre-commit-config.yaml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml docs/workflows/*.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms \
		$(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	@$(BIN)/zizmor --offline --quiet --persona pedantic .github action.yml docs/workflows/*.yml
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/shellcheck .ci/run

.PHONY: format
format: $(VENV)/dev.stamp ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

WRITE_DOCS := from pathlib import Path; from bot.report import platform_page, rule_pages; from bot.rules.registry import catalogue; \
	rule_pages.write(tuple(catalogue().values()), Path("docs/rules")); \
	platform_page.write(Path("docs"))
.PHONY: docs
docs: $(VENV)/dev.stamp ## Write docs/rules/ from the rules themselves, and the workflows that `init` writes
	@$(BIN)/python -P -c '$(WRITE_DOCS)'
	@cp bot/command/workflows/*.yml docs/workflows/

.PHONY: languages
languages: $(VENV)/dev.stamp ## Put what the code says into the catalogues of bot/languages/, and compile them
	@$(BIN)/python -P tests/support/catalogues.py merge

.PHONY: site
site: build/site.stamp ## Build the documentation as a site, in build/site/
	@$(BIN)/python -P docs/site.py build/docs
	@build/site-venv/bin/zensical build --clean --strict

.PHONY: bench
bench: $(VENV)/dev.stamp ## Measure how long reviews take and how much memory they need
	@$(BIN)/python -m benchmarks.run $(if $(BENCH_BASE),--former $(BENCH_BASE)) $(BENCH_FOLDERS)

.PHONY: cost
cost: $(VENV)/dev.stamp ## Hold the instructions of a review to those that are recorded (needs valgrind)
	@$(BIN)/python -m benchmarks.instructions $(COST_ARGS)

.PHONY: growth
growth: $(VENV)/dev.stamp ## Measure how time and memory grow with inputs that are hard to read
	@$(BIN)/python -m benchmarks.growth

.PHONY: image
image: ## Build the Action's image
	docker build --build-arg BASE=$(BASE) --tag $(IMAGE) .

# Every lock holds for every supported Python and platform, and names no index.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' $(UPGRADE)
.PHONY: lock
lock: | $(BIN)/uv ## Write requirements/*.txt from pyproject.toml (UPGRADE=--upgrade takes the newest versions)
	@$(COMPILE) pyproject.toml --group dev --output-file requirements/dev.txt
	@$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt
	@$(COMPILE) pyproject.toml --constraints requirements/dev.txt --group demo --output-file requirements/demo.txt
	@$(COMPILE) --constraints requirements/dev.txt --group build --output-file requirements/build.txt
	@$(COMPILE) --group site --output-file requirements/site.txt
	@$(COMPILE) --group npm --output-file requirements/npm.txt

.PHONY: clean
clean: ## Remove what the other targets made
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed; make PYTHON=… says where it is.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# As it is locked now: what pyproject.toml asks for may be missing from the locks.
$(BIN)/uv: | $(BIN)/python
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/dev.txt

# Nothing is resolved here, and nothing is fetched but what the locks name with its hash: a newer release of something
# cannot come in, whatever pip this Python brings along. check.py says what a lock leaves out. The build tool is locked
# too, so no isolated build.
$(VENV)/demo.stamp: requirements/build.txt requirements/demo.txt pyproject.toml | $(BIN)/python
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/build.txt -r requirements/demo.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -P requirements/check.py requirements/build.txt requirements/demo.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/dev.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -P requirements/check.py requirements/dev.txt
	@touch $@ $(VENV)/demo.stamp

build/site.stamp: requirements/site.txt | $(BIN)/python
	@$(BIN)/python -m venv build/site-venv
	@build/site-venv/bin/pip install --quiet --no-deps --require-hashes -r requirements/site.txt
	@touch $@

# GitHub's own description of its API, which the tests hold our requests and the stand-in's answers to, and axe, which
# judges pages. They come from npm, and npm from PyPI where there is none.
build/npm.stamp: tests/support/npm_files.py requirements/npm.txt $(VENV)/dev.stamp
	@command -v npm >/dev/null || $(PIP) install --quiet --no-deps --require-hashes -r requirements/npm.txt
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/python tests/support/npm_files.py install
	@mkdir -p $(@D)
	@touch $@
