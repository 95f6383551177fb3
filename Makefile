# The commands of Fawran. Needs Python 3.11+ and make; fetches everything else.
# `make` or `make help` lists the targets.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
PROFILE ?= standard
PORT    ?= 8000
TARGET  ?=
CREDENTIALS ?=
ARGS    ?=

.DEFAULT_GOAL := help
.PHONY: help bench run run-legacy deploy ops deploy-test test test-all lint format screenshots measure-page messages icons lock clean
.NOTPARALLEL:

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

bench: $(VENV)/.app $(VENV)/.bench $(VENV)/.servers ## Run the benchmark of both servers and check every claim (PROFILE=smoke|standard|full, TARGET=URL CREDENTIALS=FILE)
	@$(BIN)/python -m benchmarks run --profile $(PROFILE) $(if $(TARGET),--target $(TARGET)) $(if $(CREDENTIALS),--credentials $(CREDENTIALS)) $(ARGS)

run: $(VENV)/.app ## Run the chat on Daphne with WebSockets and an embedded Valkey (PORT=8000, ARGS=--tls)
	@$(BIN)/python -m reference_app.serving demo --server daphne --port $(PORT) $(ARGS)

run-legacy: $(VENV)/.app ## Run the same chat on Gunicorn, with pages that poll (PORT=8000, ARGS=--tls)
	@$(BIN)/python -m reference_app.serving demo --server gunicorn --port $(PORT) $(ARGS)

deploy: ## Start the whole deployment in containers, at https://localhost:8443 (docs/deployment.md)
	@scripts/deployment start

ops: $(VENV)/.app $(VENV)/.bench $(VENV)/.ops ## Install Ansible and the benchmark (docs/ansible.md)

deploy-test: ## Test both deployments, in containers and on hosts with systemd; removes all of it afterwards
	@scripts/dev/deploy-test
	@scripts/dev/deploy-test-ansible $(ARGS)

test: dev ## Run the tests that need no container, without the long ones; ARGS go to pytest
	@scripts/dev/test $(ARGS)

test-all: dev ## Run all tests that need no container, the long ones too; ARGS go to pytest
	@scripts/dev/test --all $(ARGS)

lint: dev ## Run every linter and type checker
	@scripts/dev/lint

format: dev ## Format the code
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format .
	@$(BIN)/djlint --reformat --quiet reference_app benchmarks

screenshots: dev ## Take a screenshot of every state of the page, into var/screenshots
	@scripts/dev/screenshots

measure-page: dev ## Trace the work of the browser until the page can be used
	@scripts/dev/measure-page $(ARGS)

messages: dev ## Collect the texts to translate, and compile the translations
	@scripts/dev/messages

icons: dev ## Build the font of the icons that the page uses
	@$(BIN)/python -m reference_app.web.icons

lock: ## Refresh requirements/*.txt from pyproject.toml
	@scripts/dev/lock $(ARGS)

clean: ## Remove the virtual environment and the files in var/
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache

.PHONY: dev
dev: $(VENV)/.app $(VENV)/.bench $(VENV)/.servers $(VENV)/.ops $(VENV)/.dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fawran: Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "fawran: python -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# One stamp file per extra: pip runs again only if the lock file of the extra has changed.
$(VENV)/.%: requirements/%.txt | $(BIN)/python
	@echo "fawran: installing requirements/$*.txt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $< || \
	  { echo "fawran: pip could not install $<; see its message above" >&2; exit 1; }
	@touch $@
