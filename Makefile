# justcall-hooks: `make up` runs it here, `make test` checks it. Works with GNU Make 3.81 and later.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SAM := .local/venv-sam/bin
CODE := src cli local tools tests bench

# Nothing here may reach anybody's AWS account, or ask for credentials.
export SAM_CLI_TELEMETRY := 0
export AWS_EC2_METADATA_DISABLED := true

.PHONY: help setup up down clean test ci checks lint format types imports template unit integration e2e \
	bench invoke events requirements upgrade

help: ## show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the environments (idempotent)
	@python3 tools/setup.py dev sam ministack

up: setup ## run the whole stack on this machine and show that it works
	@$(PYTHON) -m local up

down: ## stop it; its state is kept
	@$(PYTHON) -m local down

clean: ## stop it and remove its state and all that was built
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local clean; fi
	@rm -rf .aws-sam .coverage .coverage.* htmlcov .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache

test: checks ## every check and every test, with coverage
	@$(PYTHON) -m pytest tests --cov --cov-report=term:skip-covered

checks: ## lint, types, import rules, the template
	@python3 tools/setup.py --quiet dev sam ministack checkov
	@$(MAKE) --no-print-directory lint types imports template

lint: ## ruff, both as linter and as formatter
	@.venv/bin/ruff check --quiet $(CODE)
	@.venv/bin/ruff format --check --quiet $(CODE)
	@echo "lint       ok"

format: ## let ruff mend what it can
	@.venv/bin/ruff check --fix-only --quiet $(CODE)
	@.venv/bin/ruff format --quiet $(CODE)

types: ## mypy, strict
	@.venv/bin/mypy --no-error-summary $(CODE)
	@echo "types      ok"

imports: ## who may import whom
	@cd src && PYTHONPATH=.. ../.venv/bin/lint-imports ../pyproject.toml --no-cache \
		> ../.local/imports.log || { cat ../.local/imports.log; exit 1; }
	@echo "imports    ok"

template: ## cfn-lint, sam validate, checkov
	@$(SAM)/cfn-lint template.yaml
	@AWS_DEFAULT_REGION=us-east-1 $(SAM)/sam validate --lint > .local/validate.log 2>&1 \
		|| { cat .local/validate.log; exit 1; }
	@.local/venv-checkov/bin/checkov --file template.yaml --framework cloudformation --compact \
		--quiet --skip-download > .local/checkov.log 2>&1 || { cat .local/checkov.log; exit 1; }
	@echo "template   ok"

unit: ## the unit tests (no sockets)
	@$(PYTHON) -m pytest tests/unit

integration: ## the integration tests (moto)
	@$(PYTHON) -m pytest tests/integration

e2e: setup ## the tests on a deployed local stack of their own
	@$(PYTHON) -m pytest tests/e2e

bench: setup ## measure the figures of docs/performance.md
	@$(PYTHON) -m bench

invoke: setup ## run every sample in events/ with sam local invoke (needs Docker and make up)
	@$(PYTHON) -m local invoke

events: ## make the samples in events/ anew
	@$(PYTHON) -m tests.support.make_events

requirements: ## compile requirements/*.in
	@python3 tools/compile.py

upgrade: ## compile them with the newest versions
	@python3 tools/compile.py --upgrade
