# The only runner. `make help` lists the targets; each installs what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
# What touches the database is tested on SQLite and on PostgreSQL; how pages behave in a browser once.
SERVER_TESTS := accounts capture people imports funnels jobs events web ops faults catalogue quotes invoices leads record_imports api_deals outbox webhooks activities attention salesbook deals pipelines pipeline_reports spend discounts quotas insights goals forecasts segments

# As the command does: threads for matrices only take turns with the other test processes.
export OPENBLAS_NUM_THREADS := 1

# Tests start hundreds of servers, which must not compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs lock browser clean

help: ## List the targets.
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/.runtime ## Run a server with a simulated company in it.
	$(BIN)/suppilo demo --home $(DEMO)/home

test: $(VENV)/.dev ## Run all tests; those of the server a second time, on PostgreSQL.
	@# Machine code is made meanwhile: each test process would make its own, and pages wait for it.
	@$(BIN)/python -m suppilo.apps.demo.warm & $(MAKE) --no-print-directory browser && wait
	$(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder
	.ci/with-postgres $(BIN)/python -m pytest -n 5 --dist loadfile --no-loadscope-reorder --ignore-glob='*_in_browser.py' -m 'not any_database' $(wildcard $(SERVER_TESTS:%=tests/%))

check: $(VENV)/.dev ## Lint, types, import rules.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure beside ClickHouse, DuckDB and plain programs (takes a while).
	$(BIN)/python -m benchmarks.funnel
	$(BIN)/python -m benchmarks.capture
	$(BIN)/python -m benchmarks.process_map
	$(BIN)/python -m benchmarks.insights
	$(BIN)/python -m benchmarks.scores
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.people

docs: $(VENV)/.dev ## Build the documentation into site/.
	$(BIN)/mkdocs build --strict

browser:
	@wanted=; command -v chromium >/dev/null || wanted="chromium fonts-dejavu-core"; \
	command -v npm >/dev/null || wanted="$$wanted nodejs npm"; \
	if [ -z "$$wanted" ]; then :; elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$wanted >/dev/null; \
	else echo "missing: $$wanted: install them from Debian to run the tests in a browser and with Node.js clients"; fi
	@# Not `npm ci`: it wants other platforms' optional parts in the lock, which npm leaves out.
	@if command -v npm >/dev/null; then for folder in tests/browser tests/clients; do \
		(cd $$folder && npm install --silent --no-save --omit=optional --ignore-scripts --no-audit --no-fund) || exit 1; done; fi

lock: ## Renew the lock files from pyproject.toml.
	$(BIN)/python -m pip install --quiet uv
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml - -o requirements/runtime.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra test --extra check --extra docs --extra bench -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

clean: ## Remove what the other targets made.
	rm -rf $(VENV) $(DEMO) site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
