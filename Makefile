# `make` lists what can be done here.
SHELL := /bin/sh
# Each process would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

VENV ?= .venv
PY := $(VENV)/bin/python
PORT ?= 8000
SERVER ?= daphne
MINUTES ?= 13
# Checks need no data of their own.
TEST_ENV := DATA_DIR=var/checks
BUILD ?= var/package
DIST ?= dist
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help
help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(PY):
	@python=$${PYTHON:-$$(command -v python3.11 || command -v python3 || true)}; \
	if [ -z "$$python" ] || ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "Livedesk needs Python 3.11 or newer: install it so that 'python3.11' or 'python3' is on the PATH, or set PYTHON." >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -m venv $(VENV); then \
		rm -rf $(VENV); \
		echo "Python's venv module is missing: install it (on Debian and Ubuntu: python3-venv)." >&2; \
		exit 1; \
	fi

$(INSTALLED): requirements.txt | $(PY)
	@echo "Installing the packages (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt requirements-observability.txt $(INSTALLED)
	@echo "Installing what the tests and checks need (once) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: install
install: $(INSTALLED_DEV) ## Make the virtual environment and install everything

.PHONY: requirements
requirements: | $(PY) ## Pin requirements*.txt anew from the *.in files
	@.ci/pin-requirements

.PHONY: demo
demo: $(INSTALLED) ## Run the demo on PORT (8000) with SERVER=daphne or uvicorn
	@trap 'exit 0' INT; $(PY) manage.py demo --port $(PORT) --server $(SERVER)

.PHONY: test
test: lint types imports migrations-check tests tests-postgresql tests-js ## Check and test everything

.PHONY: format
format: $(INSTALLED_DEV) ## Format the Python code
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

.PHONY: lint
lint: $(INSTALLED_DEV) ## Check format and style
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .

.PHONY: types
types: $(INSTALLED_DEV) ## Check the types
	@$(TEST_ENV) $(VENV)/bin/mypy config realtime notifications tickets examples clients/python/livedesk_client clients/ws_test_client.py

.PHONY: imports
imports: $(INSTALLED_DEV) ## Check that imports point down
	@$(TEST_ENV) $(VENV)/bin/lint-imports

.PHONY: migrations-check
migrations-check: $(INSTALLED_DEV) ## Check that the migrations are up to date
	@$(TEST_ENV) $(PY) manage.py makemigrations --check --dry-run

# Half as many again as there are cores: many tests wait for a server or a browser.
WORKERS ?= $(shell echo $$((($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2)))

.PHONY: tests
tests: $(INSTALLED_DEV) ## Run the Python tests on SQLite
	@$(VENV)/bin/pytest -q -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

# What does no I/O, and what stands around it: all branches.
INNER := realtime/session.py,realtime/feed.py,realtime/commands.py,realtime/fields.py,realtime/events.py,realtime/errors.py,realtime/jsontext.py,realtime/registry.py,realtime/dialects/*,realtime/subscriber.py,realtime/outbox.py,realtime/hub.py,realtime/places.py,realtime/replay.py,realtime/access_control.py,realtime/rules.py,realtime/sweep.py

.PHONY: coverage
coverage: $(INSTALLED_DEV) ## Run the Python tests with branch coverage: 92 % of everything, all of the engine's inner parts
	@$(VENV)/bin/pytest -q -n $(WORKERS) --dist loadgroup --cov --cov-report= $(PYTEST_ARGS)
	@$(VENV)/bin/coverage report --skip-covered --sort=cover --fail-under=92
	@$(VENV)/bin/coverage report --show-missing --fail-under=100 --include='$(INNER)'

# These bring databases of their own, on PostgreSQL too: `make tests` has run them on all.
ON_EVERY_DATABASE := $(addprefix realtime/tests/presence/,test_registry.py test_faults.py test_without_layer.py)

.PHONY: tests-postgresql
tests-postgresql: $(INSTALLED_DEV) ## Run the apps' tests on PostgreSQL, where there is one
	@if url=$$($(PY) -m tests.support.postgresql); then \
		TEST_DATABASE=postgresql $(VENV)/bin/pytest -q -n $(WORKERS) --dist loadgroup realtime notifications tickets examples \
			$(addprefix --ignore=,$(ON_EVERY_DATABASE)) $(PYTEST_ARGS); \
	else \
		echo "The tests on PostgreSQL were not run: see the reason above, or set TEST_DATABASE_URL."; \
	fi

.PHONY: tests-js
tests-js: $(INSTALLED_DEV) ## Test the JavaScript client, where there is Node 20
	@if command -v npm >/dev/null 2>&1; then \
		cd clients/js && npm ci --silent --no-audit --no-fund && PYTHON=$(abspath $(PY)) npm test; \
	else \
		echo "The tests of the JavaScript client were not run: there is no npm on the PATH."; \
	fi

.PHONY: asyncapi
asyncapi: $(INSTALLED) ## Write the description of the sockets anew: docs/asyncapi.json
	@$(TEST_ENV) $(PY) manage.py asyncapi > docs/asyncapi.json

.PHONY: reference
reference: $(INSTALLED) ## Write the references anew: docs/protocol.md and docs/rest.md
	@$(TEST_ENV) $(PY) manage.py write_reference

.PHONY: docs
docs: $(INSTALLED_DEV) reference ## Build the documents, in var/docs/
	@$(VENV)/bin/sphinx-build -W -q -b html docs var/docs
	@echo "var/docs/index.html"

.PHONY: client
client: $(INSTALLED) ## Build the JavaScript client anew: its event types and the console's copy
	@cd clients/js && npm ci --silent --no-audit --no-fund
	@$(TEST_ENV) $(PY) manage.py asyncapi | node clients/js/scripts/events.mjs
	@cd clients/js && npm run --silent build:console && npm run --silent size

.PHONY: tests-browser
tests-browser: $(INSTALLED_DEV) ## Test the console in Chromium, where there is one
	@$(VENV)/bin/pytest -q tests/browser $(PYTEST_ARGS)

.PHONY: package
package: $(INSTALLED_DEV) ## Build the engine as a wheel of its own, in dist/
	@rm -rf $(BUILD) && mkdir -p $(BUILD) $(DIST)
	@cp realtime/pyproject.toml LICENSE $(BUILD)/ && cp -R realtime $(BUILD)/realtime
	@$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(DIST) $(abspath $(BUILD))
	@ls $(DIST)/*.whl

.PHONY: bench
bench: $(INSTALLED_DEV) ## Measure beside stock Channels and others
	@$(PY) -m pip install --quiet -r requirements-bench.txt
	@$(PY) -m tests.benchmarks $(BENCH_ARGS)

.PHONY: push-latency
push-latency: $(INSTALLED_DEV) ## Measure how long a push takes from Redis to a socket
	@$(PY) -m tests.neighbours.measure_push

.PHONY: torture
torture: $(INSTALLED_DEV) ## Prove that nothing is lost: MINUTES (13) of faults, SEED=… for the same ones
	@$(PY) -m tests.faults --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(TORTURE_ARGS)

.PHONY: game-day
game-day: $(INSTALLED_DEV) ## Take each part of a real set-up away, and see that it is named and comes back (nginx, PostgreSQL)
	@$(PY) -m tests.gameday $(GAME_DAY_ARGS)

.PHONY: clean
clean: ## Remove what was built (data in var/ stays)
	@rm -rf $(VENV) dist var/package .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: seed-large
seed-large: $(INSTALLED) ## Add 100,000 tickets with 1,000,000 messages, to measure by (then: manage.py time_desk --plans)
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py seed_large
