# `make help` lists the commands: each target with a comment behind two number signs.
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# The tests start many processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help serve run check test faults bench lint messages lock clean

help:  ## list the commands
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

serve: $(VENV)/.base  ## set everything up and serve the demo (PORT=8123 for another port)
	@$(BIN)/python .ci/serve.py $(PORT)

run: $(VENV)/.dev  ## the same by a server for development, which reloads when a file changes
	@$(BIN)/python .ci/serve.py $(PORT) --reload

# What depends on no database runs once; all that stores and reads runs on SQLite and on PostgreSQL.
ONCE := browser services faults ops security

# For every day, in under three minutes: no service, no browser; not every file format, no old database.
LATER := $(ONCE) questions/formats upgrade
check: lint  ## lint, check the bank, and test without services and browsers: for every day
	$(MANAGE) check_bank fixtures
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -q -n 2 $(LATER:%=--ignore tests/%)

test: lint  ## set up what the tests need, and run them all
	@.ci/packages postgresql redis-server chromium docker-compose nginx openssl systemd gettext
	DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) makemigrations --check
	@echo "check --deploy, with production settings"
	@DJANGO_SETTINGS_MODULE=config.settings.prod SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_hex(32))") \
	ALLOWED_HOSTS=exams.example.org DATABASE_URL=postgres://db/exams REDIS_URL=redis://redis \
	$(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python .ci/audit.py config/requirements/base.txt
	$(MANAGE) check_bank fixtures
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -n 2 $(ONCE:%=--ignore tests/%)
	$(BIN)/python .ci/with_services.py $(BIN)/pytest -n 3 --impure

# Hostile files at their full size and all edge values; the other tests try some of them, and smaller ones.
HOSTILE := tests/questions/formats/test_hostile_files.py tests/security/test_sweep.py
# Every count of docs/faults.md, on PostgreSQL and then the smaller ones on SQLite; a table at the end of each.
faults: $(VENV)/.dev  ## play the faults of docs/faults.md against real processes
	@.ci/packages postgresql redis-server chromium nginx openssl
	FAULTS=full $(BIN)/python .ci/with_services.py $(BIN)/pytest -q tests/faults tests/browser/test_restart.py $(HOSTILE)
	env -u DATABASE_URL -u REDIS_URL FAULTS=full $(BIN)/pytest -q tests/faults $(HOSTILE)

# The figures of docs/performance.md, measured on this machine; about half an hour.
bench: $(VENV)/.base  ## measure the figures of docs/performance.md
	@.ci/packages postgresql redis-server
	@for figures in save_floor beginning load growth; do \
	$(BIN)/python .ci/with_services.py $(BIN)/python -m benchmarks.$$figures || exit 1; done

lint: $(VENV)/.dev  ## style, types, direction of imports, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy . .ci
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/djlint templates -e jinja --profile jinja --lint --quiet

# What runs is the compiled catalog, which is committed: nobody else needs gettext. References without lines and no date
# of the run, so that a difference is a difference of texts.
CATALOGS := locale/*/LC_MESSAGES/django.po
messages: $(VENV)/.base  ## collect what is translated into locale/, and compile it
	@.ci/packages gettext
	$(MANAGE) makemessages --all --no-obsolete --no-wrap --add-location file -e html,txt,py,jinja \
	-i tests -i benchmarks -i static
	sed -i '/^"POT-Creation-Date/d' $(CATALOGS)
	$(MANAGE) compilemessages -i .venv -v 0

$(VENV)/.base: config/requirements/base.txt
	@PYTHON=$(PYTHON) .ci/venv $(VENV) $<
	@touch $@

$(VENV)/.dev: config/requirements/dev.txt
	@PYTHON=$(PYTHON) .ci/venv $(VENV) $<
	@touch $@ $(VENV)/.base

# Lock both requirement files anew, with hashes and without any download address.
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: $(VENV)/.dev  ## lock the requirements to today's releases
	$(LOCK) --upgrade -o config/requirements/base.txt pyproject.toml
	$(LOCK) --upgrade --extra dev -c config/requirements/base.txt -o config/requirements/dev.txt pyproject.toml

clean:  ## remove the environment, the demo's data and the caches
	rm -rf $(VENV) var .mypy_cache .ruff_cache .hypothesis
