# `make` alone explains. Every target first makes the machine ready (bin/setup); a stamp makes that instant the next time.
.DEFAULT_GOAL := help
.PHONY: help setup demo test run check bench clean
PYTHON_HERE := .venv/bin/python
BROWSER := $(if $(shell grep -rls 'pytest.mark.browser' tests),--browser)
PYTEST_ARGS ?= -n 2

help: ## what there is to do
	@printf 'Yidan (一单): one application in, one bill and one sealed receipt out.\n\n'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nNeeds Python 3.11 or newer; root only for system packages (Pango, fonts), which are listed otherwise.\n'

setup: ## system packages where root allows, .venv with the console script yidan, fonts
	@bin/setup

demo: ## the main job once, through the real web, relay, workers and sandbox bank; PDFs in var/demo/
	@bin/setup
	.venv/bin/yidan demo

test: ## the whole suite
	@bin/setup $(BROWSER)
	$(PYTHON_HERE) -m pytest $(PYTEST_ARGS)

run: ## the same stack, stays up on http://127.0.0.1:8000 and prints the demo log-ins
	@bin/setup
	DEMO=true .venv/bin/yidan up --echo

check: ## format, lint, types, imports, templates, tests
	@bin/setup $(BROWSER)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint --lint web sandbank
	.venv/bin/djlint --lint --ignore H021 shared/documents # printed pages carry computed widths, and no CSP
	$(PYTHON_HERE) -m pytest $(PYTEST_ARGS)

bench: ## peers and ours in one run, figures in bench/results.json
	@bin/setup
	$(PYTHON_HERE) -m bench

clean: ## what can be made again: .venv, caches, fonts, logs; the data under var/ stays
	rm -rf .venv var/*.stamp var/fonts var/log var/bytecode yidan.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
