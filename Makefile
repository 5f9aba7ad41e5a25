# Sluice. `make help` lists all targets.
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
fuzz: .venv/dev ## run the randomised tests TIMES=25 times as long as `make test`
	@SLUICE_FUZZ=$(or $(TIMES),25) $(BIN)/python -m pytest tests/e2e/test_contract.py tests/proof \
	  --timeout 3600 --numprocesses 2 --dist loadfile

.PHONY: check
check: .venv/dev ## everything CI checks except the tests: style, types, imports, template, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src:.:ops $(BIN)/lint-imports
	$(BIN)/python -m tools.lint_template
	$(BIN)/python -m tools.parameters_docs --check
	PYTHONPATH=src:. $(BIN)/python -m tools.architecture_docs --check
	PYTHONPATH=src:. $(BIN)/python -m tools.openapi --check
	$(BIN)/python -m tools.cli_docs --check
	./tools/check_documents

.PHONY: format
format: .venv/dev ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: docs
docs: .venv/dev ## write what is generated in docs/
	@$(BIN)/python -m tools.parameters_docs
	@PYTHONPATH=src:. $(BIN)/python -m tools.architecture_docs
	@PYTHONPATH=src:. $(BIN)/python -m tools.openapi
	@$(BIN)/python -m tools.cli_docs

.PHONY: build
build: .venv/dev ## build what is deployed, in .aws-sam/build
	@$(BIN)/sam build

# What `sam build` asks for, once for each function; all functions are one package.
build-%: .venv/dev
	@$(BIN)/python -m tools.build_package "$(ARTIFACTS_DIR)"

.PHONY: deploy
deploy: build ## deploy with samconfig.toml (ENV=default or prod)
	@$(BIN)/sam deploy --config-env "$(or $(ENV),default)"

.PHONY: publish-page
publish-page: .venv/dev ## upload web/ to the page of the stack (STACK=sluice)
	@$(BIN)/python -m tools.publish_page "$(or $(STACK),sluice)"

.PHONY: bench-coldstart
bench-coldstart: .venv/dev ## measure cold starts, compared with bare boto3 and langchain-aws
	@$(BIN)/python -m bench.coldstart

.PHONY: bench-burst
bench-burst: .venv/dev ## measure a burst inside a quota, compared with peers (OPTIONS="--help")
	@$(BIN)/python -m bench.burst $(OPTIONS)

.PHONY: bench-chaos
bench-chaos: .venv/dev ## check a burst while workers are killed and upstreams fail (OPTIONS="--help")
	@$(BIN)/python -m bench.chaos $(OPTIONS)

.PHONY: bench-live
bench-live: .venv/dev ## measure the time from a model's token to its watchers, compared with ConverseStream
	@$(BIN)/python -m bench.live

.PHONY: simulate
simulate: .venv/dev ## simulate a burst of a million questions, in about a minute
	@PYTHONPATH=src $(BIN)/python -m bench.simulation

.PHONY: lock
lock: .venv/dev ## lock the dependencies again (UPGRADE=1 for newer versions)
	./tools/lock $(if $(UPGRADE),--upgrade)

.PHONY: wheels
wheels: .venv/dev ## build the wheels of a release, in dist/
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation \
	  --wheel-dir dist $(addprefix ./,$(wildcard client ops))

# The environments of a run and of development. Each file marks that its lock is installed.
.venv/run: requirements/run.txt client/pyproject.toml ops/pyproject.toml
	@./tools/install run
	@touch $@

.venv/dev: requirements/dev.txt client/pyproject.toml ops/pyproject.toml
	@./tools/install dev
	@touch $@ .venv/run

.PHONY: clean
clean: ## remove everything that can be created again
	rm -rf .venv .sluice .aws-sam dist node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
