# For hands that know make: each verb is the npm script of the same name. CONTRIBUTING.md says more about them.
# ARGS goes to the script: make test ARGS=packages/core

.DEFAULT_GOAL := help
.PHONY: help start test coverage coverage-html check typecheck lint format docs build clean packages image release bench

run = @npm run $@ -- $(ARGS)

help: ## lists these
	@echo "make VERB [ARGS=...]"
	@sed -n 's/^\([a-z-]*\): ## /\1:/p' $(firstword $(MAKEFILE_LIST)) | awk -F: '{ printf "  %-14s %s\n", $$1, $$2 }'

start: ## the connector between two simulated school authorities
	$(run)

test: ## all tests, or those that ARGS names
	$(run)

coverage: ## tests with coverage, as text and in coverage/
	$(run)

coverage-html: ## tests with coverage, only in coverage/
	$(run)

check: ## everything a commit must pass
	$(run)

typecheck: ## the types alone
	$(run)

lint: ## the linter alone
	$(run)

format: ## formats and sorts imports
	$(run)

docs: ## the documentation site, in docs/.vitepress/dist
	$(run)

build: ## compiles to dist
	$(run)

clean: ## removes what was compiled
	$(run)

packages: ## packs the packages and installs them in empty projects
	$(run)

image: ## the container image
	$(run)

release: ## what ARGS says, as in ARGS="1.2.3 --dry-run"
	$(run)

bench: ## the benchmarks
	$(run)
