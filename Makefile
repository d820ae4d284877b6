# Two commands do everything: `make demo` and `make test`. Each prepares what it needs by itself.
PYTHON ?= python3
BIN := .venv/bin
ONCE ?=
KILLS ?= 2000
EVENTS ?= 1000000
MINUTES ?= 600

# What was compiled is kept, whatever the shell says: every program that a test starts needs it.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test fast lint types slow postgres soak soak-doors soak-faults soak-carts soak-stock migration benchmarks pictures clean

demo: ## play the main job by itself, then stay up (ONCE=1: exit with the story's status)
	@$(PYTHON) tools/prepare.py demo
	@$(BIN)/python -m example_app.demo $(if $(ONCE),--once)

test: ## everything: style, types, the fast suite, then browsers and real servers
	@$(PYTHON) tools/prepare.py test
	@$(MAKE) --no-print-directory lint types fast slow

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

fast: ## the default suite
	$(BIN)/python -m pytest -n 2

slow: postgres ## real browsers, real servers, killed processes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "browser and not server"
	$(BIN)/python -m pytest -m server

postgres: ## what works on the database, on PostgreSQL in place of SQLite
	HANDCART_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 \
		-m "not browser and not server and not sqlite"

soak: soak-doors soak-faults soak-carts soak-stock ## every long form, for hours

soak-doors: ## 100,000 hostile requests at each verifier, 200 rounds of renewed tokens
	HANDCART_HOSTILE_REQUESTS=100000 $(BIN)/python -m pytest -n 2 --timeout 0 \
		tests/handcart/platform/shopify/verify/test_hostile.py
	HANDCART_REFRESH_ROUNDS=200 $(BIN)/python -m pytest -m server --timeout 0 \
		tests/handcart/shops/test_one_refresh_chain.py

soak-faults: ## the twenty faults; KILLS, EVENTS and MINUTES (of each storm) cut it short
	HANDCART_SOAK=1 $(BIN)/python -m pytest -m server tests/scenarios --timeout 7200
	$(BIN)/python -m tests.soak --kills $(KILLS) --events $(EVENTS) --minutes $(MINUTES) \
		--folder .build/soak
	$(BIN)/python -m tests.soak --kills $(KILLS) --events $(EVENTS) --minutes $(MINUTES) \
		--folder .build/soak --database postgresql

soak-carts: ## carts under very many schedules (SCHEDULES=20000 for less)
	HANDCART_SCHEDULES=$(or $(SCHEDULES),200000) HANDCART_REPLAYS=50 $(BIN)/python -m pytest -n 2 \
		tests/handcart/carts tests/handcart/web/test_schedules_on_the_street.py --timeout 0 \
		-m "server or not server"

soak-stock: ## a hundred buyers of the last unit, two hundred of a slot of ten, 50 times on each database
	HANDCART_STOCK_ROUNDS=$(or $(ROUNDS),50) HANDCART_STOCK_DAYS=500 HANDCART_SOAK_PICKUPS=500 \
		$(BIN)/python -m pytest \
		--timeout 0 tests/handcart/stock/test_last_unit.py tests/handcart/stock/test_machine.py \
		tests/handcart/pickups/test_machine.py
	HANDCART_TEST_DATABASE=postgresql HANDCART_STOCK_ROUNDS=$(or $(ROUNDS),50) $(BIN)/python -m pytest \
		--timeout 0 tests/handcart/stock/test_last_unit.py

migration: ## NAME=what_changes writes the migration to what the tables say
	@$(BIN)/python tools/migration.py $(NAME)

benchmarks: ## every figure, printed and put into the pages that show it (ten minutes, idle machine)
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,bench]'
	@$(BIN)/python -m benchmarks.all --write

pictures: ## take the pictures of the docs anew
	$(BIN)/python -m tests.browser.pictures

clean:
	rm -rf .venv .build
