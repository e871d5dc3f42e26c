# checkoutd. `make help` tells what there is; GNU make, git and Go are enough
# for everything but `make test`, which says what it would like to have.

GO     ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run build test fuzz check lint typecheck bench listen torture image docker clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## start the checkout with the offline Stripe on http://localhost:4242
	bin/server sandbox

build: ## build bin/server
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/server ./cmd/server

test: ## run every test, race detector on; installs by itself what it can
	scripts/test
	scripts/fuzz 5000x

fuzz: ## fuzz every target for FOR each, 30s if not said
	scripts/fuzz $(or $(FOR),30s)

check: lint test ## what CI runs

lint: ## gofmt, vet, golangci-lint, module files
	scripts/lint

typecheck: ## check the page's JavaScript against Stripe's types (npm)
	scripts/typecheck

bench: ## acknowledgements and confirms per second, as ratios
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./internal/bench

torture: ## the long tests: crashes, lost answers, load; up to half an hour
	CHECKOUTD_TORTURE=1 $(GO) test -timeout 30m ./...
	scripts/fuzz 30s

listen: ## forward Stripe's events here with the Stripe CLI; API_BASE=http://127.0.0.1:12111 for the sandbox
	scripts/listen

docker: ## build the container image checkoutd
	docker build --build-arg VERSION=$(VERSION) -t checkoutd .

image: ## build the image without Docker, run it and see it healthy (Debian, root)
	scripts/image-check

clean: ## remove what was built; the data stays
	rm -rf bin .cache
