# Sluice. `make help` lists what there is to do.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PORT ?= 8787
PYTHON ?= python3
BIN := .venv/bin
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | sort | \
	  awk -F'|' '{ printf "  make %-17s %s\n", $$1, $$2 }'
	@echo '  Options: DOCS=folder PORT=8787 KENDRA_URL=... BEDROCK_URL=... PARAMETERS="Name=value ..."'
	@echo '  The stand-ins: QUOTAS="tokens=300000 shape=rolling ..." FAULTS="throttle=0.01 ..."'

.PHONY: demo
demo: .venv/run ## start everything here, ask the sample questions, show the answers, stop
	@$(BIN)/python -m local demo --docs "$(DOCS)"

.PHONY: run
run: .venv/run ## run Sluice here until Ctrl-C
	@exec $(BIN)/python -m local run --port "$(PORT)" --docs "$(DOCS)" --kendra-url "$(KENDRA_URL)" \
	  --bedrock-url "$(BEDROCK_URL)" --parameters "$(PARAMETERS)" \
	  --quotas "$(QUOTAS)" --faults "$(FAULTS)"

.PHONY: test
test: .venv/dev ## all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: fuzz
fuzz: .venv/dev ## the searching tests, longer (TIMES=25 as long as in `make test`)
	@SLUICE_FUZZ=$(or $(TIMES),25) $(BIN)/python -m pytest tests/e2e/test_contract.py tests/proof \
	  --timeout 3600 --numprocesses 2 --dist loadfile

.PHONY: check
check: .venv/dev ## everything CI looks at but the tests: style, types, imports, template, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src:. $(BIN)/lint-imports
	$(BIN)/python -m tools.lint_template
	$(BIN)/python -m tools.cli_docs --check

.PHONY: docs
docs: .venv/dev ## write the generated documents again
	@$(BIN)/python -m tools.cli_docs

.PHONY: format
format: .venv/dev ## put the code into its one style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: build
build: .venv/dev ## what is deployed, in .aws-sam/build
	@$(BIN)/sam build

# What `sam build` asks for, once for each function; all functions are one package.
build-%: .venv/dev
	@$(BIN)/python -m tools.build_package "$(ARTIFACTS_DIR)"

.PHONY: deploy
deploy: build ## deploy with samconfig.toml (ENV=default or prod)
	@$(BIN)/sam deploy --config-env "$(or $(ENV),default)"

.PHONY: publish-page
publish-page: .venv/dev ## put web/ on the stack's page (STACK=sluice)
	@$(BIN)/python -m tools.publish_page "$(or $(STACK),sluice)"

.PHONY: bench-coldstart
bench-coldstart: .venv/dev ## time and size of a cold start, beside bare boto3 and langchain-aws
	@$(BIN)/python -m bench.coldstart

.PHONY: bench-burst
bench-burst: .venv/dev ## a burst inside a quota, beside what others do (OPTIONS="--help": all)
	@$(BIN)/python -m bench.burst $(OPTIONS)

.PHONY: bench-chaos
bench-chaos: .venv/dev ## a burst while workers are killed and upstreams fail (OPTIONS="--help": all)
	@$(BIN)/python -m bench.chaos $(OPTIONS)

.PHONY: bench-live
bench-live: .venv/dev ## time from a model's token to the watchers, beside ConverseStream itself
	@$(BIN)/python -m bench.live

.PHONY: simulate
simulate: .venv/dev ## a burst of a million questions in simulated time, in about a minute
	@PYTHONPATH=src $(BIN)/python -m bench.simulate

.PHONY: lock
lock: .venv/dev ## resolve the dependencies anew (UPGRADE=1 for newer versions)
	./tools/lock $(if $(UPGRADE),--upgrade)

# What a run needs, and what development needs beyond it. Each is a stamp on the lock it installed.
.venv/run: requirements/run.txt client/pyproject.toml
	@./tools/install run
	@touch $@

.venv/dev: requirements/dev.txt client/pyproject.toml
	@./tools/install dev
	@touch $@ .venv/run

.PHONY: clean
clean: ## remove what can be made again
	rm -rf .venv .sluice .aws-sam .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
