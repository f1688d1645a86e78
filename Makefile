# Two commands: `make serve` and `make test`. The rest are their parts.
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py

.PHONY: serve test lint lock clean

serve: $(VENV)/.base
	PORT=$(PORT) sh bin/serve

test: $(VENV)/.dev
	sh bin/test

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

$(VENV)/.base: config/requirements/base.txt
	PYTHON=$(PYTHON) sh bin/venv $(VENV) config/requirements/base.txt
	touch $@

$(VENV)/.dev: config/requirements/dev.txt
	PYTHON=$(PYTHON) sh bin/venv $(VENV) config/requirements/dev.txt
	touch $@ $(VENV)/.base

# Lock both requirement files anew, with hashes and without any download address.
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: $(VENV)/.dev
	$(LOCK) --upgrade -o config/requirements/base.txt pyproject.toml
	$(LOCK) --upgrade --extra dev -c config/requirements/base.txt -o config/requirements/dev.txt pyproject.toml

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache
