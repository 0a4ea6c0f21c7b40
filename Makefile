# The commands to remember. Each sets up what it needs.
.PHONY: setup demo test test-all browser check map up down bench vendor translations

setup:
	@sh ./setup
demo:
	@sh ./demo $(ARGS)
test:
	@sh ./test $(ARGS)
test-all:
	@sh ./test --all $(ARGS)
browser: setup
	@.venv/bin/pytest -m browser $(ARGS)
check: setup
	@sh .ci/check
map: setup
	@.venv/bin/python -m shared.map
up:
	docker compose up --build --detach --wait
down:
	docker compose down
bench: setup
	@PATH="$$PATH:.cache/uv/bin" uv sync --frozen --inexact --quiet --group bench
	@.venv/bin/python -m benchmarks.delivery $(ARGS)
	@.venv/bin/python -m benchmarks.delivery --inbox $(ARGS)
	@.venv/bin/python -m benchmarks.latency $(ARGS)
	@.venv/bin/python -m benchmarks.outbox_size $(ARGS)
vendor:
	@sh shared/web/vendor.sh
