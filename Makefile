# make          lists the targets
# make run      the farm in one process, at http://localhost:8080/

# Many tests wait for processes, so that more of them run at a time than there are cores.
PARALLEL = -parallel $$((2 * $$(nproc)))
TOOL  = go tool -modfile=tools/go.mod
FUZZ ?= 10s

.PHONY: help run build test check lint holes format race bench bench-jobs deepzoom-check exactness random-specs decided quotes flood capacity model chaos power soak bench-page bench-deep bench-zoom golden generate generated fuzz up down compose-real k8s-real k8s-validate test-minio

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: ## the farm in one process: http://localhost:8080/ (ARGS="--listen :9000" and so on)
	@go build -o bin/mandelfarm ./cmd/mandelfarm && exec bin/mandelfarm $(ARGS)

build: ## bin/mandelfarm, static
	CGO_ENABLED=0 go build -trimpath -o bin/mandelfarm ./cmd/mandelfarm

test: ## every test; starts its own redis-server and versitygw, skips what is not installed, and says what it skips
	$(TOOL) gotestsum --format pkgname --format-icons text -- $(PARALLEL) ./...
	for module in tools/deepbench tools/chaos tools/capacity tools/cluster; do (cd $$module && go vet ./... && go test ./...) || exit 1; done
	$(MAKE) k8s-validate generated

test-minio: ## the S3 store on MinIO beside versitygw, which takes minutes to build the first time
	MINIO=$$(go tool -modfile=tools/minio/go.mod -n minio) go test -count=1 -run MinIO ./storage/s3

check: lint race ## before a commit: lint, format, race tests that need no servers

lint: ## golangci-lint, and formatting as it should be
	$(TOOL) golangci-lint run --allow-parallel-runners ./...
	for module in tools/deepbench tools/chaos tools/capacity tools/cluster; do (cd $$module && go tool -modfile=../go.mod golangci-lint run --allow-parallel-runners ./...) || exit 1; done
	$(TOOL) golangci-lint fmt --diff ./... > /dev/null || { echo 'not formatted: make format'; exit 1; }
	@if command -v tsc > /dev/null; then tsc -p web; else echo 'types of the page are not checked: apt-get install node-typescript'; fi

holes: ## known holes in what the program is built of; says so where the data of them cannot be had
	@if curl -fsS --max-time 20 -o /dev/null https://vuln.go.dev/index/db.json; then $(TOOL) govulncheck ./...; \
	else echo 'known holes are not looked for: https://vuln.go.dev cannot be reached from here'; fi

format: ## format the code
	$(TOOL) golangci-lint fmt ./...

race: ## short tests, under the race detector
	go test $(PARALLEL) -race -short ./...

bench: ## what docs/benchmarks.md holds, measured here
	go test -run '^$$' -bench . -benchmem ./renderer/... ./queue/... ./storage/...
	go test -run '^$$' -bench . -benchtime 3x ./cmd/mandelfarm

bench-jobs: ## small jobs of an earlier build (BEFORE=b075053) and of this tree, by turns (JOBS=2000 ROUNDS=2 ON_RECORD=0)
	@folder=$$(mktemp -d) && trap 'git worktree remove --force '$$folder/before'; rm -rf '$$folder EXIT && \
	git worktree add --quiet --detach $$folder/before '$(or $(BEFORE),b075053)' && \
	(cd $$folder/before && go build -o $$folder/mandelfarm-before ./cmd/mandelfarm) && go build -o $$folder/mandelfarm-after ./cmd/mandelfarm && \
	go test -count=1 -timeout 20m -v -run '^TestSmallJobs$$' ./cmd/mandelfarm -small-jobs '$(or $(JOBS),2000)' -small-jobs-rounds '$(or $(ROUNDS),2)' \
	  -small-jobs-on-record '$(or $(ON_RECORD),0)' -small-jobs-before $$folder/mandelfarm-before -small-jobs-after $$folder/mandelfarm-after

flood: ## what one client's flood of expensive pictures is to another, as docs/benchmarks.md has it (REQUESTS=100000 RATE=1000)
	go test -count=1 -timeout 1h -v -run '^TestFlood$$' ./cmd/mandelfarm -flood '$(or $(REQUESTS),100000)' -flood-rate '$(or $(RATE),1000)'

capacity: ## what 10, 100 and 1,000 workers need of Redis and storage, as a table and as docs/images/capacity.svg (WORKERS=1,10,100,1000)
	@cd tools/capacity && go run . $(if $(WORKERS),-workers '$(WORKERS)') -plot ../../docs/images/capacity.svg

model: ## every order of operations of several processes, in longer stories than tests have: ten minutes, and 2 GB
	go test -count=1 -timeout 2h -parallel 1 -v -run '^TestNothingIsLost$$' ./internal/interleavings -deep

chaos: ## a farm of real processes, broken in every way that is known of: CHAOS=1h SEED=7 FAULT='worker killed' RACE=true
	cd tools/chaos && go test -count=1 -timeout 0 -v -run '^TestChaos$$' . -chaos '$(or $(CHAOS),3m)' -seed '$(or $(SEED),0)' -fault "$$FAULT" -racing='$(or $(RACE),false)'

power: ## a farm in one process whose power is cut CUTS=20 times: its disk has what was synced (needs root, for mounts that nobody else sees)
	cd tools/chaos && unshare --mount go test -count=1 -timeout 0 -v -run '^TestPowerCuts$$' . -cuts '$(or $(CUTS),20)' -seed '$(or $(SEED),1)'

soak: ## a farm under a mixed load, and how large it grows, as docs/images/soak.svg (SOAK=1h)
	cd tools/chaos && go test -count=1 -timeout 0 -v -run '^TestSoak$$' . -soak '$(or $(SOAK),1h)' -plot ../../docs/images/soak.svg

bench-page: ## the page in a browser, as docs/benchmarks.md has it: first views, tiles a second, a change of the palette, bytes
	go test -count=1 -timeout 1h -v -run '^TestPageFigures$$' ./cmd/mandelfarm -page-figures

bench-deep: ## time and memory of published places of deep zoom (PLACES='0[3-9]*')
	@cd tools/deepbench && go run . -places '$(or $(PLACES),*)'

bench-zoom: ## time of every view along zooms, as a table and as docs/images/zooms.svg
	@cd tools/deepbench && go run . -zoom ../../docs/images/zooms.svg

deepzoom-check: ## what deep views must agree in, every sample of ground truth and every nucleus
	cd renderer && go test -count=1 -timeout 30m -run 'GroundTruth|Deep' -deepzoom
	cd renderer/nucleus && go test -count=1 -timeout 30m -run Others -deepzoom

exactness: ## how exact pixels of random places of the boundary are, as docs/benchmarks.md has it (PLACES=200 SEED=1)
	cd renderer && go test -count=1 -timeout 12h -run Exactness -exactness '$(or $(PLACES),40)' -seed '$(or $(SEED),1)'

random-specs: ## random Specs, of every formula, power, orientation, number of samples and palette, held pixel by pixel against big numbers (SPECS=1000 SEED=1)
	cd renderer && go test -count=1 -timeout 12h -v -run '^TestRandomSpecs$$' -specs '$(or $(SPECS),200)' -specs-seed '$(or $(SEED),1)'

decided: ## what pixels that are marked as decided are off by: SAMPLES=10000 of each way to follow points (SEED=1)
	cd renderer && go test -count=1 -timeout 24h -v -run '^TestDecided$$' -decided '$(or $(SAMPLES),2000)' -seed '$(or $(SEED),1)'

quotes: ## what quotes of random pictures are worth, as docs/benchmarks.md has it (PICTURES=1000)
	cd renderer && go test -count=1 -timeout 12h -v -run Quotes -quotes '$(or $(PICTURES),1000)'

golden: ## write the golden pictures, the configuration page and the HTTP description anew; look at the difference
	go test ./renderer ./renderer/deep ./renderer/bandpng ./renderer/escape ./renderer/palette -run Golden -update
	go test ./cmd/mandelfarm -run TestConfigurationIsDocumented -update
	go test ./api/openapi -run TestFilesAreMadeOfTheSource -update

generate: ## the assembly of the kernel
	go generate ./renderer/...

generated: ## is the assembly in the tree what its generator makes?
	cd renderer/escape/gen && go vet ./... && go test ./...

fuzz: ## every fuzz test for FUZZ=10s
	@for package in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for name in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$name"; go test $$package -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZ) -fuzzminimizetime 1s || exit 1; \
	  done; \
	done

up: ## the farm in containers: http://localhost:8080/ (WORKERS=4 for more)
	docker compose up --build --detach --scale worker=$(or $(WORKERS),2)

down: ## stop the containers
	docker compose down

compose-real: ## the farm by Docker and Compose for real: built, scaled, killed, cut off (docs/reliability.md); needs a Docker engine (RESTART='systemctl restart docker' restarts that as well)
	cd deploy/validate && COMPOSE="$$(docker compose version > /dev/null 2>&1 && echo docker compose || go tool -modfile=../../tools/compose/go.mod -n github.com/docker/compose/v2/cmd)" \
	  go test -count=1 -timeout 1h -v -run '^TestOnEngine$$' . -engine -restart '$(RESTART)'

k8s-real: ## the manifests on a control plane with KEDA, which scales workers from 1 to 20 and back (CYCLES=1, HURRY=true for many); it is built first, a quarter of an hour of two cores
	cd tools/k8s && go build -o ../../bin/k8s/ ./etcd k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kube-scheduler k8s.io/kubernetes/cmd/kubectl
	cd tools/keda && go build -o ../../bin/k8s/ github.com/kedacore/keda/v2/cmd/operator github.com/kedacore/keda/v2/cmd/adapter
	cd tools/cluster && unshare --net --map-root-user sh -c 'ip link set lo up && exec go test -count=1 -timeout 0 -v . -programs $(CURDIR)/bin/k8s -cycles $(or $(CYCLES),1) -hurry=$(or $(HURRY),false)'

k8s-validate: ## compose file, Dockerfile and manifests against their schemas and the binary
	cd deploy/validate && go test ./...
