# `make demo` and `make test` work on a machine that has only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-windows-like lint trust clean

demo: $(VENV)/installed
	$(BIN)/guina demo classify

test: $(VENV)/installed-dev
	$(BIN)/pytest -n 2 --dist loadfile

# the fast part with what Windows lacks hidden: fcntl, most signals, forks
test-windows-like: $(VENV)/installed-dev
	$(BIN)/pytest --without-posix tests/engine tests/data tests/test_cli.py tests/test_console.py tests/test_disk.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

# the long checks: hundreds of kills, of every job and of the toys
trust: $(VENV)/installed-dev
	$(BIN)/python bench/kills.py classify digits --steps 100 --size tiny
	$(BIN)/python bench/kills.py write python-docs --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py generate digits --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py translate number-words --steps 100 --kills 20 --size tiny
	$(BIN)/python bench/kills.py transcribe morse --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py caption scenes --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py colorize photos --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py inpaint photos --steps 60 --kills 20 --size tiny
	$(BIN)/python bench/kills.py toy-gan --steps 300
	$(BIN)/python bench/kills.py toy-stream --steps 300
	$(BIN)/python bench/kills.py toy-speech --steps 300
	$(BIN)/python bench/shards.py transcribe morse --steps 3 --size tiny
	$(BIN)/python bench/shards.py caption scenes --steps 3 --size tiny
	$(BIN)/python bench/shards.py colorize photos --steps 3 --size tiny
	$(BIN)/python bench/shards.py inpaint photos --steps 3 --size tiny

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV)
