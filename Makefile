# The only runner. `make help` lists the targets; each installs what it needs into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

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

demo: $(VENV)/.runtime ## Build a lake from a shop's events, draw a funnel, write a report.
	rm -rf $(DEMO)
	mkdir -p $(DEMO)
	$(BIN)/suppilo import examples/shop/ecom.csv.gz --lake $(DEMO)/lake --timezone UTC
	$(BIN)/suppilo funnel $(DEMO)/lake --spec examples/shop/funnel.yaml --html $(DEMO)/report.html
	@echo
	@echo "The report: file://$(CURDIR)/$(DEMO)/report.html"

test: $(VENV)/.dev browser ## Run all tests.
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev ## Lint, types, import rules.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure against ClickHouse and DuckDB (20 M events; takes a while).
	$(BIN)/python -m benchmarks.funnel

docs: $(VENV)/.dev ## Build the documentation into site/.
	$(BIN)/mkdocs build --strict

browser:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else echo "no chromium: browser tests are skipped; install Debian's chromium to run them"; fi

lock: ## Renew the lock files from pyproject.toml.
	$(BIN)/python -m pip install --quiet uv
	printf 'hatchling\neditables\n' | $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml - -o requirements/runtime.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra test --extra check --extra docs --extra bench -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

clean: ## Remove what the other targets made.
	rm -rf $(VENV) $(DEMO) site build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
