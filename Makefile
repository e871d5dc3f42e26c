# `make help` lists the targets. Git, GNU make and Go are enough for all of them
# except `make test`, which reports what else it needs.

GO     ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run build test fuzz check commits lint vulnerabilities format typecheck bench listen torture image docker clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## start the checkout and the offline Stripe on http://localhost:4242
	bin/server sandbox

build: ## build bin/server
	@[ -e bin/server ] || echo 'Compiling the server and its SQLite: about two minutes the first time, seconds after that.'
	@$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/server ./cmd/server

test: ## run every test with the race detector; installs what it can
	scripts/test

fuzz: ## fuzz every target, each for FOR (30s by default)
	scripts/fuzz $(or $(FOR),30s)

check: commits lint test ## run the checks of CI

commits: ## check subjects and bodies of commit messages
	scripts/commits

lint: ## run gofmt, prettier, golangci-lint (with vet) and the shape report; check the module files
	scripts/lint

vulnerabilities: ## look for known vulnerabilities in what is called (needs vuln.go.dev)
	scripts/vulnerabilities

format: ## format the JavaScript and the style sheets (needs npm)
	scripts/format

typecheck: ## check the browser code against Stripe's types (needs npm)
	scripts/typecheck

bench: ## measure acknowledgements and confirms per second, as ratios
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./internal/bench

torture: ## run the long tests and say what they did; KILLS=1000 kills on each engine
	scripts/torture

listen: ## forward events with the Stripe CLI; API_BASE=http://127.0.0.1:12111 for the sandbox
	scripts/listen

docker: ## build the container image
	docker build --build-arg VERSION=$(VERSION) -t checkoutd .

image: ## build the image without Docker, run it and check it (Debian, root)
	scripts/image-check

clean: ## remove build outputs, keep the data
	rm -rf bin .cache
