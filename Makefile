# Everything sets itself up: Python 3.11 or newer, Node 20 or newer and make are all that is needed.

PYTHON ?= python3
# More words for pytest or ./jobwatch: make deploy ARGS="--watches mine.yaml --profile production"
ARGS ?=
# How many random lives of jobs a soak tries; make test tries 150.
EXAMPLES ?= 1500
# How many minutes a soak simulates, about half of them in storms of weeks; make test simulates eleven weeks
# and, of denser storms, five days.
MINUTES ?= 2000000
# Leave the demonstration running: make demo KEEP=1
KEEP ?=

BIN := .venv/bin
# What deploys, synthesizes or tries much.
SLOW := local faults $(addsuffix .py,$(addprefix test_,actions alarms alerts_page app args board_browser board_handler bringing bundle clients command \
    counterparts digest docs doctor documents draft drift every_source examples expect grants hostile \
    layers listing member mutes organization own plan_command policies poll_command poll_handler \
    promises quiet receivers reckoning remembered replay rules script simulation simulation_weeks \
    standing tail_command template tick_handler whole withheld))
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN)
# Four more than there are processors: tests that deploy mostly wait.
WORKERS := -n $(shell expr $(PROCESSORS) + 4) --no-loadscope-reorder
JOBWATCH := ./jobwatch
PIP_INSTALL := python -m pip install --quiet --disable-pip-version-check --no-compile --no-user \
    --require-hashes --only-binary=:all:
LIBRARIES := .venv/.ready
LOCAL_AWS := .venv-aws/.ready
CHECKOV := .venv-checkov/.ready
CLI := .venv-cli/.ready
UV := .venv-uv/.ready
COMMAND_LINE := node_modules/.ready
MEASURED := $(patsubst requirements/bench-%.txt,.venv-bench/%/.ready,$(wildcard requirements/bench-*.txt))

# The CDK's library runs on Node and paints a banner for each version that is not its favourite.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
# So does AWS's, which the CDK's command line brings along.
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true

# What people set for other work, and what would keep Python and pip from this folder.
# The last one would let each of many processes compile all its libraries anew.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONSTARTUP PYTHONWARNINGS PIP_PREFIX PIP_TARGET PIP_USER \
    PIP_REQUIREMENT PIP_EDITABLE PIP_CONSTRAINT PIP_PYTHON \
    PYTHONDONTWRITEBYTECODE PYTHONIOENCODING

# As a variable of make, none of these does anything: the usual stack would be deployed.
NAMES := watches stack profile region context
MISTAKEN := $(foreach name,$(NAMES) WATCHES STACK PROFILE REGION CONTEXT ARG arg args,$(if \
    $(filter command,$(firstword $(origin $(name)))),$(name)=))
ifneq ($(strip $(MISTAKEN)),)
$(error found $(strip $(MISTAKEN)), expected ARGS="--watches FILE --stack NAME --profile NAME")
endif

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: ## deploy to a local AWS and watch a story of jobs (KEEP=1: leave it running)
	@$(JOBWATCH) demo $(if $(KEEP),--keep)

.PHONY: test
test: check $(LOCAL_AWS) $(CHECKOV) $(CLI) $(COMMAND_LINE) ## run the checks, then all tests; some deploy to a local AWS
	@$(BIN)/python -m pytest $(WORKERS) $(ARGS)

.PHONY: quick
quick: $(LIBRARIES) ## what a contributor runs every few minutes: half of the tests, in a minute
	@$(BIN)/python -m pytest -n $(PROCESSORS) --quiet $(addprefix --ignore=tests/,$(SLOW)) $(ARGS)

.PHONY: soak
soak: $(LIBRARIES) ## try ten times what the tests draw, and simulate four years (MINUTES=…)
	@JOBWATCH_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/faults $(ARGS)
	@$(BIN)/python -m tests.simulation --minutes $(MINUTES) --first $$(date +%s) --shrink

.PHONY: check
check: $(LIBRARIES) ## lint, format and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

.PHONY: format
format: $(LIBRARIES) ## mend what the linter can mend, and format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: synth
synth: ## check watches.yaml and write the template to cdk.out/
	@$(JOBWATCH) synth $(ARGS)

.PHONY: bench
bench: $(LIBRARIES) $(LOCAL_AWS) $(COMMAND_LINE) $(MEASURED) ## measure Jobwatch beside others, in half an hour (ARGS=--quick: in minutes)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: load
load: $(LIBRARIES) $(LOCAL_AWS) $(COMMAND_LINE) ## watch 100,000 jobs on a local AWS; minutes (ARGS="--scopes 100": fewer)
	@$(BIN)/python -m bench.load $(ARGS)

.PHONY: airflow
airflow: $(LIBRARIES) $(LOCAL_AWS) $(COMMAND_LINE) .venv-bench/airflow/.ready ## run the example of Airflow with its own triggerer
	@$(BIN)/python -m pytest tests/local/test_airflow.py $(ARGS)

.PHONY: bootstrap
bootstrap: ## make an account and region ready for the CDK, once
	@$(JOBWATCH) bootstrap $(ARGS)

.PHONY: deploy
deploy: ## deploy to the AWS account of your credentials (ARGS="--stack NAME")
	@$(JOBWATCH) deploy $(ARGS)

.PHONY: destroy
destroy: ## remove the stack and everything that it stored
	@$(JOBWATCH) destroy $(ARGS)

.PHONY: doctor
doctor: ## say what can go wrong in the account, before or after (ARGS=--help)
	@$(JOBWATCH) doctor $(ARGS)

.PHONY: member
member: ## write the role that other accounts deploy (ARGS="--watches mine.yaml")
	@$(JOBWATCH) member $(ARGS)

.PHONY: permissions
permissions: ## say what each role may do, and why (ARGS="--watches mine.yaml")
	@$(JOBWATCH) permissions $(ARGS)

.PHONY: replay
replay: ## send again what ended in the dead-letter queues (ARGS="--stack NAME")
	@$(JOBWATCH) replay $(ARGS)

.PHONY: conformance
conformance: $(LIBRARIES) $(COMMAND_LINE) ## deploy under another name, hold AWS against docs/aws.md, and remove it
	@$(BIN)/python -m operate.conformance $(ARGS)

.PHONY: cost
cost: ## reckon what a month costs (ARGS="--accounts 1000 --regions 2"; ARGS=--help)
	@$(JOBWATCH) cost $(ARGS)

.PHONY: draft
draft: ## draft a row of the catalogue (ARGS="comprehend ListSentimentDetectionJobs")
	@$(JOBWATCH) draft $(ARGS)

.PHONY: drift
drift: $(LIBRARIES) ## hold the catalogue against the newest botocore, in a minute or two
	@$(BIN)/python -m operate.drift $(ARGS)

.PHONY: schema
schema: $(LIBRARIES) ## write watches.schema.json anew from the models
	@$(BIN)/python -m infra.config.schema

.PHONY: install
install: $(LIBRARIES) $(LOCAL_AWS) $(CHECKOV) $(CLI) $(COMMAND_LINE) ## set up all that the other targets set up when they need it

.PHONY: docs
docs: $(LIBRARIES) ## write the generated parts of docs/ and README.md anew
	@$(BIN)/python -m infra.config.reference
	@$(BIN)/python -m operate.alerts.page
	@$(BIN)/python -m operate.cost.page
	@$(BIN)/python -m operate.permissions
	@$(BIN)/python -m operate.command.page
	@$(BIN)/python -m operate.schemas
	@$(BIN)/python -m operate.draft.measure
	@$(BIN)/python -m operate.waiting.page

.PHONY: lock
lock: $(UV) ## pin anew what pyproject.toml names, and all that it brings along (ARGS=--upgrade)
	@$(call pin,deploy,requirements.txt)
	@$(call pin,functions,lambdas/requirements.txt)
	@$(foreach group,$(basename $(notdir $(wildcard requirements/*.txt))),$(call \
	    pin,$(group),requirements/$(group).txt) &&) true

.PHONY: clean
clean: ## remove what these targets made
	rm -rf .venv .venv-aws .venv-checkov .venv-cli .venv-uv .venv-bench node_modules build cdk.out .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(LIBRARIES): requirements/dev.txt
	$(call make_venv,.venv,$<,the libraries)

$(LOCAL_AWS): requirements/local-aws.txt
	$(call make_venv,.venv-aws,$<,the local AWS)

$(CHECKOV): requirements/checkov.txt
	$(call make_venv,.venv-checkov,$<,the checks of the template)

$(CLI): requirements/cli.txt
	$(call make_venv,.venv-cli,$<,the command line of AWS)

$(UV): requirements/uv.txt
	$(call make_venv,.venv-uv,$<,what pins)

.venv-bench/%/.ready: requirements/bench-%.txt
	$(call make_venv,.venv-bench/$*,$<,for the benchmark)

$(COMMAND_LINE): package.json package-lock.json .npmrc
	@node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 \
	    || { echo 'Jobwatch needs Node 20 or newer with npm on the PATH.'; exit 1; }
	@echo 'Setting up node_modules (the command line of the CDK) ...'
	@npm ci --include=dev --loglevel=error >/dev/null
	@touch $@

define pin
UV_CUSTOM_COMPILE_COMMAND='make lock' .venv-uv/bin/uv pip compile --quiet --group $(1) --output-file $(2) \
    --universal --python-version 3.11 --generate-hashes --only-binary :all: --no-annotate $(ARGS)
endef

define make_venv
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    || { echo 'Jobwatch needs Python 3.11 or newer: export PYTHON=/path/to/python3.12'; exit 1; }
	@echo 'Setting up $(1) ($(3)) ...'
	@$(PYTHON) -m venv --clear $(1) \
	    || { echo 'Python has no venv with pip; on Debian and Ubuntu: apt install python3-venv'; exit 1; }
	@$(1)/bin/$(PIP_INSTALL) --requirement $(2)
	@touch $@
endef
