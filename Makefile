# Everything starts here; see `make help`. Needs Python >= 3.11 and make, nothing else.

PYTHON      ?= python3
TORCH_INDEX ?=
EXTRAS      ?= dev
ADDRESS     ?= 127.0.0.1:8000
PYTEST_ARGS ?= -n auto

# The build tool that shares our module's name, today and before 1.13, for tests/test_install.py.
NEIGHBOURS := ninja==1.13.2 ninja==1.11.1

ifneq ($(words $(CURDIR)),1)
$(error make cannot work in a path with spaces, and "$(CURDIR)" has one: move the checkout)
endif

VENV      := .venv
BIN       := $(VENV)/bin
INSTALLED := $(VENV)/installed
WHEELS    := .cache/wheels/downloaded
NODE_OK   := node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'
PIP       := $(BIN)/python -m pip --disable-pip-version-check
INSTALL   := $(PIP) install --quiet --constraint constraints.txt
FROM      := $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
TORCH      = $(shell grep -E '^torch==' constraints.txt | cut -d ' ' -f 1)
BUILDERS   = $(BIN)/python -c 'import tomllib; \
             print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])'

# The tools of .venv come first (among them Node, where it had to be installed). Arrays here are
# small: one thread for each test process is faster than all of them for each.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export PYTHONUTF8 := 1
# The theme is locked to a version, and its notice about its successor is not for readers of ours.
export NO_MKDOCS_2_WARNING := 1

say = @printf '\n\033[1m== %s\033[0m\n' '$(1)'

.DEFAULT_GOAL := help
.PHONY: help serve site cards test lint format setup lock clean

help: ## show this list
	@echo 'Backprop Ninja. The first run of each sets up .venv and node_modules; later runs are quick.'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  PYTHON=python3.13       another interpreter (>= 3.11) for .venv'
	@echo '  TORCH_INDEX=<url>       where to find torch, see README.md'
	@echo '  ADDRESS=127.0.0.1:8000  where make serve answers'
	@echo '  PYTEST_ARGS="-k tanh"   what make test tells pytest'

serve: setup ## build the site, serve it, and follow every change
	@mkdocs serve --dev-addr $(ADDRESS)

site: setup ## build the site into site/
	$(call say,site)
	@mkdocs build --strict

cards: site ## print the flashcards to PDF files and offer them on the site
	$(call say,cards)
	@python -m publish.paper
	@mkdocs build --strict

test: lint site ## check everything: style, types, site, doctests, tests, browser
	$(call say,tests)
	@python -m pytest $(PYTEST_ARGS)

lint: setup ## check style and types
	$(call say,style)
	@ruff check .
	@ruff format --check .
	$(call say,types)
	@mypy

format: setup ## put the code into its format, and mend what ruff can mend
	@ruff check --fix .
	@ruff format .

setup: $(INSTALLED) $(WHEELS) node_modules/installed ## only set up what the others need

lock: $(BIN)/python ## choose the newest versions that pyproject.toml allows, for constraints.txt
	$(call say,lock)
	@mkdir -p .cache
	@$(PIP) install --quiet --dry-run --ignore-installed --report .cache/report.json \
		$(FROM) $(TORCH) '.[dev,data,jax,node]' $$($(BUILDERS))
	@$(BIN)/python .ci/lock.py < .cache/report.json > .cache/constraints.txt
	@mv .cache/constraints.txt constraints.txt
	@echo "constraints.txt has $$(grep -c == constraints.txt) packages"

clean: ## remove all that was made
	@rm -rf $(VENV) .cache node_modules site dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find ninja publish tests .ci -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(call say,virtual environment)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { echo \
		"Backprop Ninja needs Python 3.11 or newer, but $(PYTHON) is" \
		"$$($(PYTHON) --version 2> /dev/null || echo missing): try make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo \
		"$(PYTHON) cannot make virtual environments: install its venv module" \
		"(on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	$(call say,Python packages)
	@$(INSTALL) $(FROM) $(TORCH) $$($(BUILDERS))
	@$(INSTALL) --no-build-isolation --editable '.[$(EXTRAS)]'
	@$(NODE_OK) 2> /dev/null || $(INSTALL) --no-build-isolation --editable '.[node]'
	@touch $@

node_modules/installed: package.json package-lock.json $(INSTALLED)
	$(call say,browser packages)
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WHEELS): Makefile | $(BIN)/python
	$(call say,wheels to test against)
	@rm -rf $(@D)
	@for wheel in $(NEIGHBOURS); do \
		$(PIP) download --quiet --no-deps --only-binary :all: --dest $(@D) $$wheel || exit 1; done
	@touch $@
