# `make` without a target lists the targets. Works with GNU Make 3.81, the version on macOS.

# Any Python from 3.9 on: tools/setup.py finds or downloads the 3.13 that everything else runs on.
PYTHON3 ?= python3
SETUP := $(PYTHON3) tools/setup.py
BIN := .venv/bin
PYTHON := $(BIN)/python
SAM_BIN := .local/venv-sam/bin
CODE := src cli local tools tests bench chaos examples

# $(call check,NAME,COMMAND): prints one line on success, and the whole output on failure.
check = @out=$$($(2) 2>&1) && echo "$(1)  ok" || { echo "$$out"; echo "$(1)  failed"; exit 1; }

# $(call tests,NAME,ARGUMENTS): runs pytest. Where several targets run in parallel, it prints only the
# summary on success, and the whole output on failure. The end-to-end tests mostly wait for the stack;
# the others are nice, so that they use the processors meanwhile and do not slow the stack down.
SUMMARY := sed -n -e 's|^=* *\(.* in [0-9.]*s[^=]*\)=*$$|  \1|p' -e 's|^Req.*Total|  total|p'
ifdef SIDE_BY_SIDE
tests = @out=$$($(if $(filter e2e,$(1)),,nice) $(BIN)/pytest $(2) 2>&1) && echo "$(1)" $$(echo "$$out" | $(SUMMARY)) \
	|| { echo "$$out"; echo "$(1)  failed"; exit 1; }
else
tests = @$(BIN)/pytest $(2)
# Targets run one after the other even under `make -j`: they share environments and caches.
.NOTPARALLEL:
endif

.DEFAULT_GOAL := help

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 } \
		/^## / { print "\n" substr($$0, 4) }' $(firstword $(MAKEFILE_LIST))

## The stack on this machine
.PHONY: setup up down clean invoke
setup: ## create or update the environments (.venv, .local/venv-*)
	@$(SETUP) dev sam ministack

up: setup ## start the stack and show that it works; needs no AWS account and no Docker
	@$(PYTHON) -m local up

down: ## stop the stack; its data stays
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local down; fi

clean: ## stop the stack; remove its data, builds and caches
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local clean; fi
	@rm -rf .aws-sam .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache htmlcov
	@find $(wildcard $(CODE)) -name __pycache__ -type d -prune -exec rm -rf {} +

invoke: setup ## run every file of events/ with sam local invoke; needs Docker
	@$(BIN)/pytest tests/docker -rs

## Checks and tests
.PHONY: test unit integration coverage browser e2e crash lint types imports template format bench chaos flaws cases
test: env-all ## run every check and every test
	@echo "checks and tests, four at a time"
	@$(MAKE) --no-print-directory -j 4 SIDE_BY_SIDE=1 \
		e2e coverage crash browser flaws types template lint imports

unit: env-dev ## run tests in one process, without network
	$(call tests,unit,tests/unit)

integration: env-dev ## run tests against tables and queues made from template.yaml, in one process
	$(call tests,integration,tests/integration)

coverage: env-dev ## run unit and integration tests and measure their coverage of src/
	$(call tests,unit and integration,tests/unit tests/integration --ignore $(IN_BROWSER) --cov)

# They are integration tests, and mostly wait for the browser.
IN_BROWSER := tests/integration/test_console_browser.py
browser: env-dev ## run the tests of the page in a real browser; skipped where there is no Chromium
	$(call tests,browser,$(IN_BROWSER))

e2e: env-dev env-sam env-ministack ## run tests against a stack of their own, deployed by sam
	$(call tests,e2e,tests/e2e --ignore tests/e2e/test_cases.py)

# Apart from `make test`: on a busy machine a call to MiniStack may time out, and its message then
# returns after the three minutes of the queues' visibility timeout.
cases: env-dev env-sam env-ministack ## deliver all cases of tests/cases to a stack of their own
	$(call tests,cases,tests/e2e/test_cases.py)

crash: env-dev ## let every AWS call fail, get lost or be the last; run random histories against a model
	$(call tests,crash,tests/crash tests/model)

flaws: env-dev ## plant each flaw of other receivers in a copy; its test must fail
	$(call tests,flaws,tests/flaws)

lint: env-dev ## check ruff's rules and format
	$(call check,lint,$(BIN)/ruff check --quiet $(CODE) && $(BIN)/ruff format --diff --quiet $(CODE))

types: env-dev ## check types with mypy, strict
	$(call check,types,nice $(BIN)/mypy $(CODE))

imports: env-dev ## check that imports run in one direction
	$(call check,imports,PYTHONPATH=.:src $(BIN)/lint-imports)

template: env-dev env-sam ## check the templates and SAM's transform of template.yaml
	$(call check,cfn-lint,$(SAM_BIN)/cfn-lint template.yaml templates/*.yaml examples/*/template.yaml)
	$(call tests,template,tests/template)

format: env-dev ## format the code and apply ruff's fixes
	@$(BIN)/ruff check --fix --quiet $(CODE); $(BIN)/ruff format $(CODE)

bench: env-dev ## measure the figures in docs/performance.md
	@$(PYTHON) -m bench

chaos: setup ## break a running stack under load; report missing and extra events
	@$(PYTHON) -m chaos

## Dependencies
.PHONY: requirements upgrade
requirements: ## compile requirements/*.in; keep pins that still fit
	@$(PYTHON3) tools/compile.py

upgrade: ## compile requirements/*.in with the newest versions
	@$(PYTHON3) tools/compile.py --upgrade

# Targets update the environments they need. That takes 0.2 s if nothing changed.
ENVIRONMENTS := env-dev env-sam env-ministack
.PHONY: env-all $(ENVIRONMENTS)
env-all:
	@$(SETUP) --quiet dev sam ministack

# Targets that run in parallel need no update: `make test` has done it before.
$(ENVIRONMENTS): env-%:
	$(if $(SIDE_BY_SIDE),,@$(SETUP) --quiet $*)
