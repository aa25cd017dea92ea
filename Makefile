# Two commands matter: `make run` and `make test`. Both set up what they need by themselves; the logic is in bin/.
.DEFAULT_GOAL := help
.PHONY: run test lint format bench lock clean help

run:  ## Set up what is missing, then serve: PORT, HOST, DEALFLOW_INSTANCE, DEALFLOW_DEMO=0 for an empty start
	@bin/run

test:  ## Set up what is missing, then lint and run every test, tier by tier
	@bin/test

lint:  ## Only the lint tier: ruff, mypy, import-linter
	@bin/test lint

format:  ## Bring the code into the house form
	@bin/bootstrap test
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .

bench:  ## Run every benchmark; JSON goes to benchmarks/results/
	@bin/bench

lock:  ## Pin requirements*.in with hashes; UPGRADE=1 takes the newest versions
	@bin/lock

clean:  ## Remove what set-up and test runs made; instance/ stays
	@rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
