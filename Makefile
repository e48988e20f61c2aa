# What can be done with a fresh clone: `make demo` shows it, `make test` checks it, `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
# Locks are written by one version of the resolver, so that a new lock differs only where a requirement does.
UV_VERSION := 0.13.8
CACHE := .cache
# uv brings certificates of its own; behind a proxy that re-signs, only the system's know the index.
export UV_SYSTEM_CERTS := 1
DUCKDB := $(CACHE)/target-duckdb/bin/python
# Tests wait for the commands and emulators that they start: one worker more than there are processors keeps all busy.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: help setup demo test slow-test pythons campaign campaign-slice mutants mutants-check mutants-slice check security fuzz lint types lock-check tables tables-check format bench backfill compare lock installs page meltano docs clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "This project needs Python 3.10 or newer; name one with: make PYTHON=/path/to/python3.12 demo")'
	$(PYTHON) -m venv .venv
	touch $@

# The project's own requirements, as `make demo` and an installation need them.
.venv/.project: .venv/.made requirements/runtime.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# What its tests, linters and types need on top.
.venv/.development: .venv/.project requirements/development.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.lock
	touch $@

# The loader of the demo, in an environment of its own as every Singer plugin should be.
$(CACHE)/target-duckdb/.made: requirements/duckdb.lock
	$(PYTHON) -m venv $(CACHE)/target-duckdb
	$(CACHE)/target-duckdb/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/duckdb.lock
	touch $@

setup: .venv/.development  ## the development environment, in .venv

demo: .venv/.project $(CACHE)/target-duckdb/.made  ## a whole company into DuckDB and documents back, on the emulator
	$(BIN)/python demo --loader-python $(DUCKDB)

test: .venv/.development $(CACHE)/target-duckdb/.made  ## the test suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(PYTEST_OPTIONS)

TESTS ?=
pythons: .venv/.development $(CACHE)/target-duckdb/.made  ## the test suite with each other Python that is promised and on this machine; ONLY=3.12 for one, TESTS=tests/client for a part
	$(BIN)/python tools/pythons.py --workers $(WORKERS) $(if $(ONLY),--only $(ONLY)) $(TESTS)

slow-test: .venv/.development $(CACHE)/target-duckdb/.made  ## the tests that take long: every row at page size 1, longer kill campaigns
	$(BIN)/python -m pytest -m slow --ignore=tests/pipelines/test_meltano.py --ignore=tests/pipelines/test_installs.py --ignore=tests/pipelines/test_foreign_clients.py --ignore=tests/pipelines/test_page.py --ignore=tests/pipelines/test_foreign_tests.py --ignore=tests/pipelines/test_stranger.py --ignore=tests/pipelines/test_recorded_tenant.py $(PYTEST_OPTIONS)

# Small enough for a change: `make campaign RUNS=1000 SEED=1` writes the figures of docs/guarantees.md.
RUNS ?= 100
SEED ?= 1
PROCESSES ?= 2
CAMPAIGN = PYTHONPATH=tests $(BIN)/python -W ignore -m campaign --processes $(PROCESSES)

campaign: .venv/.development  ## attack tap and target RUNS times each from SEED on, and write the figures into docs/guarantees.md
	$(CAMPAIGN) --runs $(RUNS) --seed $(SEED) --write; found=$$?; $(BIN)/python tools/generate_tables.py && exit $$found

campaign-slice: .venv/.development  ## the same for a few minutes, writing nothing
	$(CAMPAIGN) --runs 200 --seed $(SEED) --minutes 4

mutants: .venv/.development  ## take each mechanism that keeps a promise out, and see a test notice; ONLY=look-back for some, RANDOM=100 for changes nobody has thought of
	$(BIN)/python tools/try_mutants.py $(if $(JOBS),--jobs $(JOBS)) $(if $(RANDOM),--random $(RANDOM) --seed $(SEED)) $(if $(ONLY),"$(ONLY)"); found=$$?; $(BIN)/python tools/generate_tables.py && exit $$found

mutants-check: .venv/.development  ## is the table of mutants complete? Runs nothing
	$(BIN)/python tools/try_mutants.py --check

mutants-slice: .venv/.development  ## the quickest of them, writing nothing
	$(BIN)/python tools/try_mutants.py --within 120

check: lint types lock-check tables-check mutants-check  ## linters, types, locks, generated tables

lint: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.development
	$(BIN)/mypy

lock-check: .venv/.development
	$(BIN)/python tools/check_lock.py

tables-check: .venv/.development
	$(BIN)/python tools/generate_tables.py --check

tables: .venv/.development  ## write the generated tables of docs/ and meltano.yml
	$(BIN)/python tools/generate_tables.py

format: .venv/.development  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.development  ## measure; BEFORE=PYTHON measures the release that is installed there beside this one
	$(BIN)/python benchmarks/emission.py $(if $(BEFORE),--against $(BEFORE))
	$(BIN)/python benchmarks/in_flight.py $(if $(BEFORE),--against $(BEFORE))
	$(BIN)/python benchmarks/planning.py $(if $(BEFORE),--against $(BEFORE))
	$(BIN)/python benchmarks/target_reading.py $(if $(BEFORE),--against $(BEFORE))
	$(BIN)/python benchmarks/target_requests.py $(if $(BEFORE),--against $(BEFORE))
	$(BIN)/python benchmarks/emulator.py $(if $(BEFORE),--against $(BEFORE))

backfill: .venv/.development  ## measure a first read of two million entries, in windows and in one go; some minutes
	$(BIN)/python benchmarks/backfill.py

compare: .venv/.development  ## compare what this release does with the one that BEFORE=PYTHON has installed
	$(BIN)/python benchmarks/compare_releases.py --old $(BEFORE) --new $(BIN)/python

installs: .venv/.development  ## install the built wheel the ways people do, and clients of others beside it
	$(BIN)/python -m pytest -m slow tests/pipelines/test_installs.py tests/pipelines/test_foreign_clients.py tests/pipelines/test_foreign_tests.py tests/pipelines/test_stranger.py tests/pipelines/test_recorded_tenant.py $(PYTEST_OPTIONS)

page: .venv/.development  ## the emulator's page in a real browser, where this machine has Chromium
	$(BIN)/python -m pytest -m slow -rs tests/pipelines/test_page.py $(PYTEST_OPTIONS)

meltano: .venv/.development  ## run the pipelines of meltano.yml in a Meltano of their own
	$(BIN)/python -m pytest -m slow tests/pipelines/test_meltano.py $(PYTEST_OPTIONS)

$(CACHE)/docs/.made: requirements/docs.lock
	$(PYTHON) -m venv $(CACHE)/docs
	$(CACHE)/docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.lock
	touch $@

docs: .venv/.development $(CACHE)/docs/.made  ## build the documentation and check its links and code blocks
	$(BIN)/python tools/check_docs.py
	$(CACHE)/docs/bin/python -m mkdocs build --strict --quiet

$(CACHE)/security/.made: requirements/security.lock
	$(PYTHON) -m venv $(CACHE)/security
	$(CACHE)/security/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/security.lock
	touch $@

security: .venv/.development $(CACHE)/security/.made  ## look for secrets, licences, risky code and known weaknesses
	$(BIN)/python tools/check_secrets.py
	$(BIN)/python tools/check_licences.py
	$(CACHE)/security/bin/python -m bandit --quiet --configfile pyproject.toml --recursive *-dynamics-bc dynamics-bc-*
	$(BIN)/python tools/audit.py --python $(CACHE)/security/bin/python

# Atheris has wheels for few versions of Python; the suite runs the same surfaces, without following their code, on all.
$(CACHE)/fuzz/.made: requirements/fuzz.lock requirements/development.lock
	$(PYTHON) -m venv $(CACHE)/fuzz
	$(CACHE)/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/development.lock
	$(CACHE)/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.lock
	$(CACHE)/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

SECONDS_EACH ?= 20
fuzz: $(CACHE)/fuzz/.made  ## atheris looks for what is not taken as it must be; ONLY=metadata for one surface, SECONDS_EACH=600 for longer
	$(CACHE)/fuzz/bin/python tools/fuzz.py --seconds $(SECONDS_EACH) $(if $(ONLY),--only $(ONLY))

COMPILE = $(CACHE)/uv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header

$(CACHE)/uv/bin/uv:
	$(PYTHON) -m venv $(CACHE)/uv
	$(CACHE)/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

lock: $(CACHE)/uv/bin/uv  ## write the locks of requirements/; UPGRADE=--upgrade takes newer versions
	$(COMPILE) $(UPGRADE) pyproject.toml --extra emulator --group build -o requirements/runtime.lock
	$(COMPILE) $(UPGRADE) pyproject.toml --extra emulator --extra verify --group build --group dev -c requirements/runtime.lock -o requirements/development.lock
	$(COMPILE) $(UPGRADE) --group duckdb -o requirements/duckdb.lock
	$(COMPILE) $(UPGRADE) --group docs -o requirements/docs.lock
	$(COMPILE) $(UPGRADE) --group security -o requirements/security.lock
	$(COMPILE) $(UPGRADE) --group fuzz -c requirements/development.lock -o requirements/fuzz.lock

clean:  ## remove what the targets above made
	rm -rf .venv $(CACHE) demo-output site
