# Two commands do all the set-up: `make quickstart` and `make test`. They install into .venv what is
# missing there, as the others do; a second call is quick.
PYTHON ?= python3
BIN := .venv/bin
# Weights under other licences; the sdist has none.
MODELS := $(wildcard musebench-models/pyproject.toml)
SOURCES := pyproject.toml constraints.txt $(MODELS) $(wildcard csrc/*)

.PHONY: quickstart test docs ctest lint clean

quickstart: .venv/installed
	$(BIN)/musebench reproduce chorale-pitch-spelling --model ps13s1,note-gnn

# In as many processes as there are cores, each with one thread: more would wait for each other.
test: .venv/installed-for-tests
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses logical --maxprocesses 8 --dist loadfile

# The site, into build/docs: warnings are errors, the tutorials are executed, nothing is fetched.
docs: .venv/installed-for-docs
	MUSEBENCH_OFFLINE=1 OMP_NUM_THREADS=1 \
		$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs build/docs
	@echo "build/docs/index.html"

# The core alone and across its binding, under the address and undefined-behaviour sanitizers.
# MUSEBENCH_HOSTILE_CALLS says how often each function is called with whatever Python can pass.
ctest: .venv/installed-for-tests
	$(BIN)/cmake -S csrc -B build/ctest -DSANITIZE=ON -DPython_EXECUTABLE="$(CURDIR)/$(BIN)/python" \
		-Dpybind11_DIR="$$($(BIN)/python -m pybind11 --cmakedir)"
	$(BIN)/cmake --build build/ctest --parallel 2
	MUSEBENCH_HOSTILE_CALLS=$${MUSEBENCH_HOSTILE_CALLS:-300} \
		$(BIN)/ctest --test-dir build/ctest --output-on-failure --parallel 2

lint: .venv/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv build

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python $(SOURCES)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[chorales]" $(MODELS:%/pyproject.toml=--editable ./%)
	touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

.venv/installed-for-docs: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@
