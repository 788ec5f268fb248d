# Every target sets up what it needs: Python 3.11 or newer, make and git are enough.
PYTHON ?= python3
DEV := .venv
DEMO := .venv-demo
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
TWO_AT_A_TIME := --numprocesses 2 --dist loadfile

.PHONY: demo test test-all check format table benchmark legacy-sheet fuzz clean

demo: $(DEMO)/.installed  ## color the example photographs and make one before/after sheet
	$(DEMO)/bin/python examples/demo.py

test: $(DEV)/.installed  ## the tests and the examples in docstrings, slow ones left out
	$(DEV)/bin/python -m pytest --doctest-modules src
	$(DEV)/bin/python -m pytest $(TWO_AT_A_TIME) -m "not slow"

test-all: $(DEV)/.installed  ## every test
	$(DEV)/bin/python -m pytest --doctest-modules src
	$(DEV)/bin/python -m pytest $(TWO_AT_A_TIME)

check: $(DEV)/.installed  ## lint, formatting, types and the order of imports
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports

format: $(DEV)/.installed  ## let ruff lay out and mend what it can
	$(DEV)/bin/ruff format .
	$(DEV)/bin/ruff check --fix .

# The CPU build of PyTorch, where the index offers one, is a few hundred MB; the pin in constraints.txt chooses it.
$(DEV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP_INSTALL) -c constraints.txt -e ".[train,eval,serve,study,archive,dev]"
	touch $@

$(DEMO)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python $(PIP_INSTALL) -c constraints.txt -e .
	touch $@

DATA ?= ../shared/data/eval
RUNS ?= $(patsubst %/settings.json,%,$(wildcard runs/*/settings.json))

table: $(DEV)/.installed  ## the paper's table, measured here: make table DATA=photographs/
	$(DEV)/bin/photochrom evaluate $(DATA) --model truth --model gray --model random --model mean-color --model lite \
		$(addprefix --model ,$(RUNS)) --out table-output

benchmark: $(DEV)/.installed  ## every speed that was promised, with its bar and verdict
	$(DEV)/bin/python benchmarks/speed_table.py $(if $(ECCV16_RUN),--eccv16-run $(ECCV16_RUN))

SCANS ?= ../shared/data/legacy

legacy-sheet: $(DEV)/.installed  ## 24 old scans with two networks, beside the gray: make legacy-sheet SCANS=folder/
	$(DEV)/bin/python experiments/legacy_sheet.py $(SCANS) $(if $(OLD),--old $(OLD)) $(if $(NEW),--new $(NEW)) $(if $(OUT),--out $(OUT))

fuzz: $(DEV)/.installed  ## hours: damaged photographs to the decoder, malformed requests to the server
	$(DEV)/bin/python fuzz/images.py --cases 120000
	$(DEV)/bin/python fuzz/http_requests.py

clean:
	rm -rf $(DEV) $(DEMO) demo-output table-output
