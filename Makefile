# Every target sets up what it needs by itself. `make` alone lists the targets.
PYTHON ?= python3
RAW_DIR ?= data/demo
WAREHOUSE_DIR ?= warehouse
CUSTOMERS ?= 20000
SEED ?= 1
SIZE ?= S
PYTEST_ARGS ?=

# Handed to the scripts through the environment, so that spaces and quotes arrive as they are.
export RAW_DIR WAREHOUSE_DIR
ifdef AS_OF
export AS_OF
endif
ifdef KNOWN_AT
export KNOWN_AT
endif
ifdef TIMEZONE
export TIMEZONE
endif
ifdef VARS
export VARS
endif
ifdef SEGMENTS
export SEGMENTS
endif
ifdef CUSTOMER
export CUSTOMER
endif
ifdef SEGMENT
export SEGMENT
endif
ifdef BASE
export BASE
endif
ifdef BASE_SEGMENTS
export BASE_SEGMENTS
endif
ifdef FROM
export FROM
endif
ifdef TO
export TO
endif
ifdef GRAIN
export GRAIN
endif
ifdef SEGMENTS_ONLY
export SEGMENTS_ONLY
endif
ifdef OUTPUT
export OUTPUT
endif
ifdef PII_SALT
export PII_SALT
endif
ifdef CONTACT
export CONTACT
endif
ifdef KEEP_EXPORTS
export KEEP_EXPORTS
endif
ifdef EXPORTED_BY
export EXPORTED_BY
endif
ifdef ONLY
export ONLY
endif
ifdef CHANNEL
export CHANNEL
endif
ifdef ACCEPT
export ACCEPT
endif
ifdef WAIT_FOR_LOCK
export WAIT_FOR_LOCK
endif
ifdef RETRIES
export RETRIES
endif
ifdef KEEP_VERSIONS
export KEEP_VERSIONS
endif
ifdef LOG_FORMAT
export LOG_FORMAT
endif
ifdef VERSION
export VERSION
endif
ifdef COUNTRY
export COUNTRY
endif
ifdef LAYER
export LAYER
endif
ifdef PORT
export PORT
endif
ifdef CHARTS
export CHARTS
endif
ifdef METRICS
export METRICS
endif
ifdef GROUP_BY
export GROUP_BY
endif
ifdef ORDER
export ORDER
endif
ifdef WHERE
export WHERE
endif
ifdef LIMIT
export LIMIT
endif
ifdef SAVED
export SAVED
endif
ifdef PUBLISH_PARQUET
export PUBLISH_PARQUET
endif

# No tool calls home.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DBT_PROFILES_DIR := $(CURDIR)/profiles

RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: demo-where-none help build refresh restore backfill freeze export erase why parquet query diff docs charts dashboard test lint demo-data bench clean lock setup-build setup-reports setup-test setup-duckdb2

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

build: demo-where-none ## build and publish the tables (RAW_DIR WAREHOUSE_DIR AS_OF KNOWN_AT TIMEZONE VARS SEGMENTS)
	@$(RUN) scripts/build.py

refresh: demo-where-none ## build, record who is in each segment, publish, tell (as build; WAIT_FOR_LOCK RETRIES)
	@$(RUN) scripts/refresh.py

restore: setup-build ## list the published versions kept, or put one back (VERSION WAREHOUSE_DIR)
	@$(RUN) scripts/restore.py

backfill: setup-build ## fill or repair the history of segments on the last build (FROM TO GRAIN SEGMENTS_ONLY)
	@$(RUN) scripts/backfill.py

freeze: setup-build ## hold the score break points of the last build in seeds/score_breaks.csv (WAREHOUSE_DIR)
	@$(RUN) scripts/freeze.py

export: setup-build ## export whom of a segment a channel may address (SEGMENT CHANNEL ONLY OUTPUT EXPORTED_BY)
	@$(RUN) scripts/export.py

erase: setup-build ## remove a person from everything in WAREHOUSE_DIR, and prove it (CONTACT: an id, or a file of ids)
	@$(RUN) scripts/erase.py

why: setup-build ## say why a customer is, or is not, in a segment (CUSTOMER SEGMENT WAREHOUSE_DIR)
	@$(RUN) scripts/why.py

parquet: setup-build ## write the published tables as Parquet with a manifest (PUBLISH_PARQUET=yes: with every run)
	@$(RUN) scripts/published_parquet.py

query: setup-reports ## ask for metrics (METRICS GROUP_BY WHERE ORDER LIMIT, or SAVED; OUTPUT), or list them
	@$(RUN) scripts/query.py

diff: setup-build ## preview a change of rules on the last build (BASE or BASE_SEGMENTS, SEGMENTS OUTPUT)
	@$(RUN) scripts/diff.py

docs: setup-reports ## write the documentation of the last build as pages (WAREHOUSE_DIR CHARTS OUTPUT, default target/docs)
	@$(RUN) scripts/docs.py

charts: setup-reports ## draw the dashboards as pages and pictures (OUTPUT AS_OF COUNTRY LAYER SEGMENT WAREHOUSE_DIR)
	@$(RUN) scripts/charts.py

dashboard: setup-reports ## serve the dashboards with live filters on this machine (PORT WAREHOUSE_DIR)
	@$(RUN) scripts/dashboard.py

test: setup-test setup-duckdb2 lint ## lint, then run every test (PYTEST_ARGS)
	@$(RUN) -m pytest $(PYTEST_ARGS)

lint: setup-test ## check SQL, Python, YAML, portability and the project's conventions
	@$(RUN) scripts/lint.py

demo-data: setup-build ## write generated input to data/demo (CUSTOMERS SEED END)
	@# A new demo is another data set: the last one is no yardstick for the input checks.
	@rm -f "$$WAREHOUSE_DIR/input_checks/batch_profiles.parquet"
	@$(RUN) scripts/demo_data.py --customers $(CUSTOMERS) --seed $(SEED) $(if $(END),--end $(END))

bench: setup-build ## measure the build (SIZE=S or M), many segments (SIZE=segments), a refresh or a back-fill (SIZE=refresh, backfill)
	@$(RUN) scripts/bench.py $(SIZE)

clean: ## remove what the targets made, the environments and the demo data included
	rm -rf .venv .venv-duckdb2 .venv-dagster .venv.lock target logs data/demo "$$WAREHOUSE_DIR" \
		.pytest_cache .ruff_cache .hypothesis

lock: setup-test ## resolve the lock files from the .in files (UPGRADE=1 takes newer versions)
	@$(RUN) scripts/lock.py $(if $(UPGRADE),--upgrade)

# The demo is there without being asked for.
demo-where-none: setup-build
	@if [ "$$RAW_DIR" = data/demo ] && [ ! -e data/demo/manifest.json ]; then \
		$(MAKE) --no-print-directory demo-data; fi

setup-build setup-reports setup-test setup-duckdb2: setup-%:
	@$(PYTHON) scripts/setup.py $*
