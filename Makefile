# Fawran's front door. Needs Python 3.11+ and make; everything else it fetches itself.
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
.PHONY: help bench run run-legacy deploy ops deploy-test test lint format screenshots measure-page messages icons lock clean
.NOTPARALLEL:

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

bench: $(VENV)/.app $(VENV)/.bench $(VENV)/.servers ## Measure both servers and judge every claim (PROFILE=smoke|standard|full, TARGET=URL CREDENTIALS=FILE)
	@$(BIN)/python -m benchmarks run --profile $(PROFILE) $(if $(TARGET),--target $(TARGET)) $(if $(CREDENTIALS),--credentials $(CREDENTIALS)) $(ARGS)

run: $(VENV)/.app ## The chat on Daphne, WebSockets and an embedded Valkey (PORT=8000, ARGS=--tls)
	@$(BIN)/python -m reference_app.serving demo --server daphne --port $(PORT) $(ARGS)

run-legacy: $(VENV)/.app ## The same chat on Gunicorn, where the page polls (PORT=8000, ARGS=--tls)
	@$(BIN)/python -m reference_app.serving demo --server gunicorn --port $(PORT) $(ARGS)

deploy: ## The whole deployment in containers, at https://localhost:8443 (docs/deployment.md)
	@scripts/deployment start

ops: $(VENV)/.app $(VENV)/.bench $(VENV)/.ops ## Ansible, and what its deployment measures with (docs/ansible.md)

deploy-test: ## Test both deployments, in containers and on hosts with systemd; removes everything it made
	@scripts/deploy-test
	@scripts/deploy-test-ansible $(ARGS)

test: dev ## Everything that needs no container; ARGS are pytest's
	@PYTHON=$(BIN)/python scripts/find-browser >/dev/null
	@$(BIN)/python -m pytest $(ARGS)

lint: dev ## Every linter and type checker
	@scripts/lint

format: dev ## Let the formatters write
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format .
	@$(BIN)/djlint --reformat --quiet reference_app benchmarks

screenshots: dev ## A picture of every state of the page, into var/screenshots
	@scripts/screenshots

measure-page: dev ## The work of the browser until the page can be used, traced
	@scripts/measure-page $(ARGS)

messages: dev ## Collect the texts to be translated, and compile what was
	@scripts/messages

icons: dev ## The font of the icons that the page uses
	@$(BIN)/python -m reference_app.web.icons

lock: ## Refresh requirements/*.txt from pyproject.toml
	@scripts/lock $(ARGS)

clean: ## Remove the virtual environment and what runs left in var/
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache

.PHONY: dev
dev: $(VENV)/.app $(VENV)/.bench $(VENV)/.servers $(VENV)/.ops $(VENV)/.dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fawran: Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "fawran: python -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# One stamp per extra: pip runs again only when that extra's lock has changed.
$(VENV)/.%: requirements/%.txt | $(BIN)/python
	@echo "fawran: installing requirements/$*.txt into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $< || \
	  { echo "fawran: pip could not install $<; see its message above" >&2; exit 1; }
	@touch $@
