# `make demo` and `make test` do all set-up themselves. PYTHON may name another Python 3.11 to 3.13.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.PHONY: demo test check redis format test-full bench setup clean

demo: $(READY)
	$(BIN)/iconym demo --folder demo $(ARGS)

test: check redis
	$(BIN)/pytest -n 2

test-full: check redis
	ICONYM_FULL=1 $(BIN)/pytest -n 2

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Tests of activity streams run a real server; where none can be installed they are skipped.
redis:
	sh setup/redis.sh

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

setup: $(READY)

# The mark is written last: an interrupted installation is done again.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $(READY)

clean:
	find src -name __pycache__ -prune -exec rm -rf {} +
	rm -rf $(VENV) demo/out demo/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
