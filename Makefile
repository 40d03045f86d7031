# Image Ferry. `make help` lists what there is; `make run` and `make test` need
# nothing prepared.

FUNCTIONS := export notify
SOURCES   := $(shell find cmd functions internal -type f -not -name '*_test.go' -not -path '*/testdata/*') go.mod go.sum
PLANS     ?= plans.yaml
FUZZTIME  ?= 20s
# The tag leaves HTTP/2 out of net/http (400 kB): the functions speak HTTP/1.1 only,
# because HTTP/2 can repeat a request by itself.
STATIC    := CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -tags nethttpomithttp2 -trimpath -buildvcs=false -ldflags='-s -w -buildid='

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: package ## see a night's exports on this machine, without an account (ONCE=1: end after the notices)
	@bin/imageferry sandbox $(if $(ONCE),--once) $(ARGS)

.PHONY: test
test: ## run every test; installs what they need
	@scripts/setup
	go test ./...

.PHONY: build
build: $(FUNCTIONS:%=bin/%) bin/imageferry ## build the functions (static, linux/amd64) and the command

# Packs always: a make that compares times would keep old plans where PLANS names
# another file that is older than the zips.
.PHONY: package
package: build ## make the zips that are deployed, byte for byte reproducible (PLANS=plans.yaml)
	@echo "packing  $(PLANS) and $(FUNCTIONS:%=bin/%) into dist"
	@bin/imageferry package --plans $(PLANS) $(FUNCTIONS:%=bin/%)

.PHONY: check
check: ## format, vet, staticcheck, import rules, race detector in shuffled order
	@test -z "$$(gofmt -l .)" || { echo "not formatted (run gofmt -w):"; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -count=1 ./internal/archtest
	go test -race -shuffle=on -short ./...

SEEDS ?= 1000
FROM  ?= 1
DAYS  ?= 9
HARSH ?= 1

.PHONY: sim
sim: ## drive the production code through a simulated cloud (SEEDS=n FROM=seed DAYS=9 HARSH=1)
	@go run ./internal/sim/simulate -seeds $(SEEDS) -from $(FROM) -days $(DAYS) -harsh $(HARSH)

SEED  ?= 1
SLOTS ?= 200

.PHONY: soak
soak: ## the built functions through a long bad day in the sandbox (SEED=1 SLOTS=200)
	go test -count=1 -v -timeout 15m -run 'TestSoak$$' ./stories/soak -seed $(SEED) -slots $(SLOTS)

.PHONY: mutants
mutants: ## break each rule of the protocol, and see that somebody notices (MUTANTS="name …")
	@go run ./internal/mutate $(MUTANTS)

.PHONY: bench
bench: package ## cold start, memory, requests: beside a floor, a naive handler, and Node
	go run ./bench

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (20s)
	@scripts/fuzz $(FUZZTIME)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist

bin/imageferry: $(SOURCES)
	@echo "building $@"
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@ ./cmd/imageferry

$(FUNCTIONS:%=bin/%): bin/%: $(SOURCES)
	@echo "building $@"
	@$(STATIC) -o $@ ./functions/$*
