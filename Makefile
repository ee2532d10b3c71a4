# Bare `make` prints what there is. Works with GNU Make 3.81, which is what macOS has.

# Any Python from 3.9 on: tools/setup.py finds (or fetches) the 3.13 that the rest runs on.
PYTHON3 ?= python3
SETUP := $(PYTHON3) tools/setup.py
BIN := .venv/bin
PYTHON := $(BIN)/python
SAM_BIN := .local/venv-sam/bin
CODE := src cli local tools tests bench chaos

# SAM CLI neither reports nor looks for an account; checkov downloads nothing (.checkov.yaml).
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 PATH="$(CURDIR)/$(SAM_BIN):$$PATH" sam
CHECKOV := .local/venv-checkov/bin/checkov --config-file .checkov.yaml

# $(call check,NAME,COMMAND): one line if it went well, all it has to say if not.
check = @out=$$($(2) 2>&1) && echo "$(1)  ok" || { echo "$$out"; echo "$(1)  failed"; exit 1; }

# $(call tests,NAME,ARGUMENTS): pytest as it goes; where several run side by side, what it came to,
# or all that it has to say if it failed.
SUMMARY := sed -n -e 's|^=* *\(.* in [0-9.]*s[^=]*\)=*$$|  \1|p' -e 's|^Req.*Total|  total|p'
ifdef SIDE_BY_SIDE
tests = @out=$$($(BIN)/pytest $(2) 2>&1) && echo "$(1)" $$(echo "$$out" | $(SUMMARY)) \
	|| { echo "$$out"; echo "$(1)  failed"; exit 1; }
else
tests = @$(BIN)/pytest $(2)
# The steps of a target follow each other even under `make -j`: they share environments and caches.
.NOTPARALLEL:
endif

.DEFAULT_GOAL := help

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 } \
		/^## / { print "\n" substr($$0, 4) }' $(firstword $(MAKEFILE_LIST))

## The stack on this machine
.PHONY: setup up down clean invoke
setup: ## make the environments (.venv, .local/venv-*) that are not up to date
	@$(SETUP) dev sam ministack

up: setup ## bring up the stack and show that it works; no account and no Docker needed
	@$(PYTHON) -m local up

down: ## stop the stack; what it holds is kept
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local down; fi

clean: ## stop the stack and remove what it holds, builds and caches
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local clean; fi
	@rm -rf .aws-sam .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache htmlcov
	@find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +

invoke: setup ## run every file of events/ with sam local invoke, where Docker answers
	@$(BIN)/pytest tests/docker -rs

## Checks and tests
.PHONY: test unit integration coverage e2e crash lint types imports template format bench chaos flaws mutation
test: env-all ## every check and every test
	@echo "checks and tests, two at a time; then the stack's own: seven minutes in all"
	@$(MAKE) --no-print-directory -j 2 SIDE_BY_SIDE=1 coverage crash flaws lint types imports template
	@$(BIN)/pytest tests/e2e

unit: env-dev ## tests in one process, without network
	$(call tests,unit,tests/unit)

integration: env-dev ## tests against tables and queues made from template.yaml, in one process
	$(call tests,integration,tests/integration)

coverage: env-dev ## unit and integration tests, and how much of src/ they run
	$(call tests,unit and integration,tests/unit tests/integration --cov)

e2e: setup ## tests against a stack of their own, deployed by sam
	$(call tests,e2e,tests/e2e)

crash: env-dev ## every AWS call fails, is lost, or is the last one; any history against a model
	$(call tests,crash,tests/crash tests/model)

flaws: env-dev ## plant each flaw of other receivers in a copy, and see its test go red
	$(call tests,flaws,tests/flaws)

mutation: env-mutation ## change the receiving path and the ledger a little, 2,700 times: tests notice
	@.local/venv-mutation/bin/python -m tests.mutation

lint: env-dev ## ruff's rules and format
	$(call check,lint,$(BIN)/ruff check --quiet $(CODE) && $(BIN)/ruff format --diff --quiet $(CODE))

types: env-dev ## mypy, strict
	$(call check,types,$(BIN)/mypy $(CODE))

imports: env-dev ## imports run one way only
	$(call check,imports,PYTHONPATH=.:src $(BIN)/lint-imports)

template: env-sam env-checkov ## template.yaml: cfn-lint, sam validate, checkov
	$(call check,cfn-lint,$(SAM_BIN)/cfn-lint template.yaml)
	$(call check,sam validate,$(SAM) validate --lint)
	$(call check,checkov,$(CHECKOV) --file template.yaml)

format: env-dev ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet $(CODE); $(BIN)/ruff format $(CODE)

bench: env-dev ## measure what docs/ promises
	@$(PYTHON) -m bench

chaos: setup ## break the running stack under load, and look for what is missing or extra
	@$(PYTHON) -m chaos

## Dependencies
.PHONY: requirements upgrade
requirements: ## compile requirements/*.in, keeping the pins that still fit
	@$(PYTHON3) tools/compile.py

upgrade: ## compile requirements/*.in with the newest versions
	@$(PYTHON3) tools/compile.py --upgrade

# What targets need is brought up to date silently; that takes a fifth of a second when it is.
ENVIRONMENTS := env-dev env-mutation env-sam env-checkov
.PHONY: env-all $(ENVIRONMENTS)
env-all:
	@$(SETUP) --quiet dev sam ministack checkov

# Those who run side by side have had theirs made before.
$(ENVIRONMENTS): env-%:
	$(if $(SIDE_BY_SIDE),,@$(SETUP) --quiet $*)
