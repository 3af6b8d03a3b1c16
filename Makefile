# `make help` shows what there is.

# Where `make run` keeps its data.
DATA ?= data
# Where its events go: embedded, or kafka://host:9092,…
EVENTS ?=
SAMBAL := .build/release/sambal
# How many tests run beside each other: those that wait for something must not be held up by those that compute.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 4

# The database servers of config/polyglot.yaml, and those that tests run against.
POLYGLOT_SERVERS := postgres,mariadb,mongodb
# Where they keep their data: beside the shop's folder, which only its owner may enter, and they run as users of their own.
SERVERS_DATA := $(if $(wildcard $(DATA)/servers),$(DATA)/servers,$(DATA)-servers)
TEST_SERVERS ?= $(POLYGLOT_SERVERS)
# Where `make install` puts the program.
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: run build test test-polyglot sweeps histories simulate interop providers bench fuzz hostile sanitize \
	fault-matrix event-storming \
	references image lint-deploy test-backup test-kubernetes chart install lint format setup clean help

# Also: EVENTS=kafka://host:9092
run: setup build  ## Set up what is missing, build a release, start the shop (DATA=folder, PROFILE=embedded|polyglot)
	@exec env $(if $(EVENTS),SAMBAL_EVENTS='$(EVENTS)') $(if $(PROFILE),SAMBAL_DELIVERY_DATABASE=lmdb:$(DATA)/delivery) \
	$(if $(filter polyglot,$(PROFILE)),scripts/servers keep $(SERVERS_DATA) $(POLYGLOT_SERVERS)) \
	$(SAMBAL) up --data $(DATA) $(if $(PROFILE),--config config/$(PROFILE).yaml)

build: setup  ## Build the release: .build/release/sambal
	@swift build -c release --product sambal

test:  ## Set up what is missing, build everything and run all tests
	@scripts/setup --tests
	@swift build --build-tests
	@scripts/servers with $(TEST_SERVERS) sh -c '\
	swift test --skip-build --skip "EndToEndTests|SimulationTests|FailoverTests|DurabilityTests|LostAnswerTests" && \
	swift test --skip-build --filter "FailoverTests|DurabilityTests|LostAnswerTests" && \
	swift test --skip-build --filter SimulationTests && \
	swift test --skip-build --filter EndToEndTests && \
	TEST_PROFILE=polyglot swift test --skip-build --filter "EndToEndTests.*/(FlowTests|CheckoutTests|CrashTests)"'

test-polyglot:  ## Run all end-to-end tests with the services on five database engines (config/polyglot.yaml)
	@scripts/setup --tests
	@swift build --build-tests
	@scripts/servers with $(POLYGLOT_SERVERS) env TEST_PROFILE=polyglot swift test --skip-build --filter EndToEndTests

# The simulated shop, optimised: `docs/simulation.md`.
SIMULATE := .build/release/simulate
simulate:
	@swift build -c release --product simulate

sweeps: simulate  ## Crash a simulated shop at every step and around every commit of every scenario (SWEEPS=short: fewer)
	@$(SIMULATE) sweeps $(SWEEPS) | xargs -P $$(nproc) -L 1 $(SIMULATE) sweep

histories: simulate  ## Play random stories of a simulated shop (SEEDS=5000; SEED=123 plays one again)
	@$(if $(SEED),$(SIMULATE) history $(SEED),scripts/histories $(or $(SEEDS),5000))

interop: build  ## Test with others' software (Stripe, SMTP, Schemathesis, Chromium), and with kills amid checkouts
	@scripts/setup --tests --browser
	@scripts/interop

providers: build  ## Test with a chaotic Stripe, Midtrans and Toss at full size, some minutes each (PROVIDERS_SEED=1)
	@scripts/setup --tests
	@PROVIDERS=full scripts/interop -s -k test_providers

fuzz:  ## Fuzz what reads strangers' bytes by coverage, a minute each (SECONDS=600)
	@scripts/setup
	@scripts/fuzz $(or $(SECONDS),60)

hostile: build  ## Send all hostile values to every field of every operation, and crowds, shortages and torn wires in full
	@scripts/setup --tests
	@HOSTILE=full scripts/interop -s -k 'hostile or crowds or shortages or torn or framing'

sanitize:  ## Run the tests of HTTP, storage and messaging under the thread and the address sanitizer, half an hour
	@scripts/setup --tests
	@scripts/servers with postgres scripts/sanitize

bench: build  ## Measure, some twenty minutes; writes docs/benchmarks.md (QUICK=1: one minute, only prints)
	@scripts/setup --bench
	@Benchmarks/benchmark.py $(if $(QUICK),--quick)

fault-matrix:  ## Measure what faults of the provider come to; writes docs/fault-matrix.md
	@scripts/setup --tests
	@swift build --build-tests
	@WRITE_FAULT_MATRIX=1 swift test --skip-build --filter FaultMatrixTests

event-storming: build  ## Draw the event-storming board anew: docs/event-storming.svg
	@$(SAMBAL) event-storming --format svg > docs/event-storming.svg
	@$(SAMBAL) event-storming --format mermaid > docs/event-storming.mmd

references:  ## Write the pages that are generated from the code anew: docs/reference
	@scripts/setup --tests
	@swift build --build-tests
	@SAMBAL_WRITE_DOCS=1 swift test --skip-build --filter "ReferencePageTests|AccessTableTests"

image:  ## Build the image of the last commit with buildah and check it (TAG=, ARCHIVE=; docs/deployment.md)
	@scripts/image $(if $(TAG),--tag '$(TAG)') $(if $(ARCHIVE),--archive '$(ARCHIVE)')

lint-deploy:  ## Check the Dockerfile, the compose file, the Kubernetes objects, the Helm chart and the systemd units
	@scripts/lint-deploy

test-kubernetes:  ## Run the shop on the cluster of kubectl, kill its pod, print figures (VOLUME=folder of a single node)
	@scripts/test-kubernetes $(if $(VOLUME),--volume '$(VOLUME)')

test-backup:  ## Back up a shop under load at random moments, and restore and check each (MOMENTS=50)
	@scripts/setup --tests
	@swift build --build-tests
	@BACKUP_MOMENTS=$(or $(MOMENTS),50) swift test --skip-build --filter EndToEndTests.EndToEnd/BackupTests

chart:  ## Render the objects of the Helm chart from the Kustomize overlays: deploy/helm/objects
	@scripts/lint-deploy --chart

install: build  ## Install the program, its manual page and shell completion under PREFIX (/usr/local; DESTDIR is honoured)
	@scripts/install '$(SAMBAL)' '$(DESTDIR)$(PREFIX)'

lint:  ## Check the format of every Swift file
	@scripts/lint

format:  ## Bring every Swift file into the format
	@swift format --in-place --recursive Package.swift Sources Tests

setup:  ## Check the compiler and install missing libraries
	@scripts/setup

clean:  ## Remove what was built, not the data
	@rm -rf .build

help:  ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
