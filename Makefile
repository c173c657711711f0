# The environment is .venv; it is made when missing and refreshed when pyproject.toml changes.
# `make check` and `make lint` take the versions of requirements-dev.lock, which `make lock` writes anew.
PYTHON ?= python3
BIN := .venv/bin
# As the engine does: threads that spin while they wait are slow on a machine that is shared.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 2000

# A module's tests stay in one process, where they share what is costly to set up.
PYTEST := python -m pytest -n auto --dist loadfile --no-loadscope-reorder

.PHONY: demo test check lint harness audit test-oldest test-newest lock bench gpu clean

demo: .venv/.installed
	$(BIN)/illusion-tui

test: .venv/.test
	$(BIN)/$(PYTEST)

check: lint
	$(BIN)/$(PYTEST)

lint: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The long form of what the tests try of hostile input and of kills: PART=fuzz or PART=kill for one
# part, SEED=N to try the same again. Takes some hours on two cores.
harness: .venv/.test
	$(BIN)/python -m tests.harness $(PART) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON))

# Known vulnerabilities of what is locked. Strict: a package that could not be looked up fails.
audit:
	$(PYTHON) -m venv --clear .venv-audit
	.venv-audit/bin/python -m pip install --quiet pip-audit
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip --requirement requirements-dev.lock

# The tests with the oldest versions that pyproject.toml admits. torch is the exception: its oldest
# release brings gigabytes of CUDA libraries, so it is the version that pip finds.
test-oldest:
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m tests.oldest_versions > .venv-oldest/constraints.txt
	.venv-oldest/bin/python -m pip install --quiet --constraint .venv-oldest/constraints.txt --editable '.[test]'
	.venv-oldest/bin/$(PYTEST)

# The tests with the newest versions that pyproject.toml admits.
test-newest:
	$(PYTHON) -m venv --clear .venv-newest
	.venv-newest/bin/python -m pip install --quiet --editable '.[test]'
	.venv-newest/bin/$(PYTEST)

# Without the "+cpu" of a local torch, which other machines don't have.
lock:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --editable '.[dev,samples,web]'
	.venv-lock/bin/python -m pip freeze --exclude-editable | sed 's/+[[:alnum:].]*$$//' > requirements-dev.lock
	rm -rf .venv-lock

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/.test: .venv/.installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

.venv/.dev: .venv/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --constraint requirements-dev.lock --editable '.[dev,samples,web]'
	@touch $@

# JSON: a file for the figures. TEXT: a file of WikiText in its tokenised form, for the perplexity
# table.
bench: .venv/.dev
	$(BIN)/python -m pip install --quiet 'lm_eval>=0.4.9'
	$(BIN)/python -m pytest tests/test_lm_eval.py
	$(BIN)/python -m tests.bench $(if $(JSON),--json $(JSON))
ifdef TEXT
	$(BIN)/python -m tests.bench_perplexity --text $(TEXT)
endif

# What needs an accelerator; without one the tests are skipped and say so.
gpu: .venv/.test
	$(BIN)/python -m pytest -m gpu -rs
	$(BIN)/python -m pip install --quiet 'lm_eval>=0.4.9'
	$(BIN)/python -m tests.bench_scoring --device auto

clean:
	rm -rf .venv .venv-oldest .venv-newest .venv-lock .venv-audit dist .pytest_cache .mypy_cache .ruff_cache
