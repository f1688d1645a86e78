# Two commands: `make serve` and `make test`; `make check` for every day. The rest are their parts.
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# The tests start many processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve check test faults bench lint lock clean

serve: $(VENV)/.base
	@$(BIN)/python .ci/serve.py $(PORT)

# What depends on no database runs once; all that stores and reads runs on SQLite and on PostgreSQL.
ONCE := browser services faults ops security/test_matrix.py security/test_guessing.py security/test_headers.py

# For every day, in under three minutes: no service, no browser.
check: lint
	$(MANAGE) check_bank fixtures
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -q -n 2 $(ONCE:%=--ignore tests/%)

test: lint
	@.ci/packages postgresql redis-server chromium docker-compose nginx openssl systemd
	DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) makemigrations --check
	@echo "check --deploy, with production settings"
	@DJANGO_SETTINGS_MODULE=config.settings.prod SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_hex(32))") \
	ALLOWED_HOSTS=exams.example.org DATABASE_URL=postgres://db/exams REDIS_URL=redis://redis \
	$(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python .ci/audit.py config/requirements/base.txt
	$(MANAGE) check_bank fixtures
	env -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -n 2 $(ONCE:%=--ignore tests/%)
	$(BIN)/python .ci/with_services.py $(BIN)/pytest -n 3 --impure

# Hostile files at their full size; the other tests try some of them, and smaller ones.
HOSTILE := tests/questions/formats/test_hostile_files.py
# Every count of docs/faults.md, on PostgreSQL and then the smaller ones on SQLite; a table at the end of each.
faults: $(VENV)/.dev
	@.ci/packages postgresql redis-server chromium nginx openssl
	FAULTS=full $(BIN)/python .ci/with_services.py $(BIN)/pytest -q tests/faults tests/browser/test_restart.py $(HOSTILE)
	env -u DATABASE_URL -u REDIS_URL FAULTS=full $(BIN)/pytest -q tests/faults $(HOSTILE)

# The figures of docs/performance.md, measured on this machine; about half an hour.
bench: $(VENV)/.base
	@.ci/packages postgresql redis-server
	@for figures in save_floor load growth; do \
	$(BIN)/python .ci/with_services.py $(BIN)/python -m benchmarks.$$figures || exit 1; done

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy . .ci

$(VENV)/.base: config/requirements/base.txt
	@PYTHON=$(PYTHON) .ci/venv $(VENV) $<
	@touch $@

$(VENV)/.dev: config/requirements/dev.txt
	@PYTHON=$(PYTHON) .ci/venv $(VENV) $<
	@touch $@ $(VENV)/.base

# Lock both requirement files anew, with hashes and without any download address.
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: $(VENV)/.dev
	$(LOCK) --upgrade -o config/requirements/base.txt pyproject.toml
	$(LOCK) --upgrade --extra dev -c config/requirements/base.txt -o config/requirements/dev.txt pyproject.toml

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .hypothesis
