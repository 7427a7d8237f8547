# The two commands: `make drill` and `make test`. Each installs what it needs on Debian 12, as root, once.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.PHONY: drill incidents test guest lint bench statistics torture planted fuzz agent packages-deb test-packages build preflight packages clean

PACKAGES := pkg-config libvirt-dev libnl-3-dev libnl-route-3-dev libnftables-dev libxml2-dev libmd-dev libcurl4-openssl-dev libc-ares-dev \
  libsqlite3-dev libpq-dev \
  libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 qemu-utils \
  glusterfs-server glusterfs-client corosync pacemaker pacemaker-cli-utils resource-agents \
  openssh-server openssh-client nftables iproute2 tini busybox-static cpio kmod util-linux patch openipmi ipmitool jq

# A lab (SPEC), a scenario on it, a report; nothing is left but the report.
drill: build
	@murphy=.build/release/murphy
	trap '$$murphy lab down --name drill > /dev/null' EXIT
	trap 'exit 130' INT TERM
	$$murphy lab up --name drill --spec $(or $(SPEC),three-hosts) > /dev/null
	fleet=/var/lib/murphy/labs/drill/fleet.yaml
	code=0
	run=$$($$murphy run Scenarios/$(or $(SCENARIO),unplug-host).yaml --fleet $$fleet) || code=$$?
	echo
	if [ -n "$$run" ] && [ -f "$$run/report.md" ]; then cat "$$run/report.md"; fi
	echo "the report: $$run/report.html"
	# An objective that was missed is a finding, not a failure of the drill.
	if [ $$code -gt 1 ]; then exit $$code; fi

# Rehearses each scenario of an incident on its own lab, and prints the table of all. SPEC (watched) names the lab, unless
# the scenario's file has a line '# Lab: SPEC'; with '# Lab: none' no lab can run it. tcpdump and fio observe each run:
# .build/incidents has what they saw, and whether they agree with the run's report.
incidents: PACKAGES += prometheus prometheus-alertmanager prometheus-node-exporter snmpd snmp smstools monitoring-plugins-basic \
  tcpdump fio python3 fence-agents xfsprogs
incidents: build
	@murphy=.build/release/murphy
	trap '$$murphy lab down --name incidents > /dev/null' EXIT
	trap 'exit 130' INT TERM
	runs=()
	seen=.build/incidents
	rm -rf $$seen
	for file in $(or $(SCENARIOS),$$(grep -l '^rehearses:' Scenarios/*.yaml)); do
	  spec=$$(sed -n 's/^# Lab: //p' $$file)
	  if [ "$$spec" = none ]; then continue; fi
	  $$murphy lab up --name incidents --spec "$${spec:-$(or $(SPEC),watched)}" > /dev/null
	  observed=$$seen/$$(basename $$file .yaml)
	  Tests/Oracles/watch.sh begin incidents $$observed
	  code=0
	  run=$$($$murphy run $$file --fleet /var/lib/murphy/labs/incidents/fleet.yaml) || code=$$?
	  # A run that was refused or aborted shows nothing of the incident.
	  if [ $$code -gt 1 ]; then exit $$code; fi
	  Tests/Oracles/watch.sh end incidents $$observed
	  Tests/Oracles/judge.py "$$run" $$observed > $$seen/$$(basename "$$run").json
	  runs+=("$$run")
	  $$murphy lab down --name incidents > /dev/null
	done
	$$murphy incidents --oracles $$seen "$${runs[@]}"

# Programs that Debian doesn't package, for tests with real receivers and platforms.
PYTHON_PROGRAMS := $(addprefix .build/,receivers/complete platforms/complete sushy/complete)
.build/receivers/complete: PYPI := matrix-synapse==1.163.2 standardwebhooks==1.1.0
.build/platforms/complete: PYPI := 'fakepve[crypto]==0.5.0' ovirt-engine-sdk-python==4.6.3
.build/sushy/complete: PYPI := sushy-tools==2.2.0
$(PYTHON_PROGRAMS): | packages
	@python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check $(PYPI)
	touch $@

# Suites whose tests must not run side by side (whole labs, daemons, deadlines) have Serial in their names. They run in
# two lanes side by side: labs, then the guest; and all others, of which those that mostly wait (WAITING) run side by side at
# the beginning. Two labs at once, a lab beside the guest, or three lanes on two processors passed time limits of the product.
# Tests of GuestTests share one virtual machine, in which they run side by side. SwiftPM takes one `swift test` a folder, so
# the lanes run the test bundle without it.
LABS := (Lab|Drill)Tests.*Serial
GUEST := GuestTests
WAITING := (Deadline|DeathOfAll|Guest(Fault|Freeze)|Deploy|SSH|CephCluster|(HostPower|Redfish)Contract)SerialTests
test: PACKAGES += sudo csh fish zstd prometheus prometheus-alertmanager prometheus-node-exporter chromium openssl \
  nginx-light bind9 snmpd snmp smstools monitoring-plugins-basic libxml2-utils postgresql python3-jsonschema e2fsprogs \
  qemu-guest-agent xfsprogs fence-agents python3-dateutil tzdata curl msmtp-mta python3-aiosmtpd python3-venv \
  python3-dev poppler-utils ceph-mon ceph-mgr ceph-osd ceph-common
# No test is skipped because one of them is missing.
test: export MURPHY_TEST_TOOLS := required
test: packages lint $(PYTHON_PROGRAMS)
	@swift build --build-tests
	swift test --skip-build --disable-xctest --skip Serial
	run() { .build/debug/murphyPackageTests.xctest --testing-library swift-testing "$$@"; }
	labs() {
	  result=0
	  run --no-parallel --filter '$(LABS)' || result=$$?
	  run --filter '$(GUEST)' || result=$$?
	  return $$result
	}
	# The lane is a process group, so that the trap ends all of its processes.
	set -m
	labs > .build/labs.log 2>&1 &
	labs=$$!
	set +m
	trap 'kill -- -$$labs 2> /dev/null || true' EXIT
	code=0
	run --filter '$(WAITING)' || code=$$?
	run --no-parallel --filter Serial --skip '$(LABS)|$(GUEST)|$(WAITING)' || code=$$?
	wait $$labs || code=$$?
	trap - EXIT
	cat .build/labs.log
	exit $$code

# A shell on the console of the guest that GuestTests boots; `poweroff -f` ends it.
guest: packages
	@swift build --product murphy-agent
	folder=$$(mktemp -d)
	Tests/GuestTests/Image/build.sh .build/guest .build/debug/murphy-agent $$folder
	Tests/GuestTests/Image/boot.sh $$folder

lint: packages
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	# One word for one meaning: see the table "Words" in ARCHITECTURE.md.
	Tests/words.pl
	# Each fault, view and probe must be in its list, and have a test.
	Tests/lists.pl
	# The modules that plan, judge and simulate runs must build on a machine without the platform's libraries.
	mkdir -p .build
	swift package dump-package > .build/package.json
	Tests/imports.pl < .build/package.json
	jq -r -f Tests/free-of-libraries.jq .build/package.json > .build/needs-libraries
	if [ -s .build/needs-libraries ]; then cat .build/needs-libraries >&2; exit 1; fi

# Measures the time from the agent's receipt of a command to the verified effect, compared with ip and nft; the prober,
# compared with prometheus-blackbox-exporter; outages of known lengths, OUTAGES (100); reports of long runs; and one
# controller with AGENTS (10,30,100,300) agents.
bench: PACKAGES += nginx-light openssl prometheus-blackbox-exporter
bench: build
	@.build/release/murphy-bench faults
	.build/release/murphy-bench prober
	.build/release/murphy-bench outages --count $(or $(OUTAGES),100)
	.build/release/murphy-bench report
	.build/release/murphy-bench history
	.build/release/murphy-bench fan-out --agents $(or $(AGENTS),10,30,100,300)

# The rates of false verdicts of comparisons and histories, by simulation: the table at the end of RELIABILITY.md.
statistics: build
	@.build/release/murphy-bench statistics

# Kills, stops and cuts off Murphy's processes at every moment of every fault; writes RELIABILITY.md.
torture: PACKAGES += faketime python3-venv e2fsprogs
torture: build
	@mkdir -p .build/torture
	cd .build/torture
	code=0
	: > namespaces.jsonl
	for seed in $(or $(SEEDS),1 2); do
	  ../release/murphy-torture plain --seed $$seed --workers $(or $(WORKERS),4) >> namespaces.jsonl || code=$$?
	done
	../release/murphy-torture lab > lab.jsonl || code=$$?
	../../Tests/Comparison/chaostoolkit.sh ../release > beside.txt || code=$$?
	../release/murphy-torture table namespaces.jsonl lab.jsonl --beside beside.txt \
	    --measured "commit $$(git describe --always --dirty), $$(date -u +%F)" --former ../../RELIABILITY.md > page.md
	mv page.md ../../RELIABILITY.md
	exit $$code

# Tests the parsers of foreign data with libFuzzer: SECONDS_EACH (60). Without a network, /run or tools of the machine's.
fuzz: packages
	@export MURPHY_FUZZ=1
	scratch=.build/fuzz
	swift build -c release --product murphy-fuzz --scratch-path $$scratch -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld
	program=$$PWD/$$scratch/release/murphy-fuzz
	code=0
	sum=0
	printf '\n%-10s %10s %9s %12s\n' target inputs seconds "peak MiB"
	for target in $(or $(TARGET),session wire lease policy fleet scenario lab schedule calendar journal samples records views answers comparison evidence); do
	  mkdir -p $$scratch/$$target/corpus $$scratch/$$target/found
	  $$program $$target seeds $$PWD/$$scratch/$$target/corpus
	  begin=$$EPOCHSECONDS
	  unshare --net --mount sh -c 'mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /dev/shm; PATH=/nonexistent exec "$$@"' - \
	    $$program $$target -max_total_time=$(or $(SECONDS_EACH),60) -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
	    -print_final_stats=1 -artifact_prefix=$$scratch/$$target/found/ $$scratch/$$target/corpus \
	    > $$scratch/$$target/log 2>&1 < /dev/null || { code=1; echo "$$target: see $$scratch/$$target/log; again: $$program $$target FILE"; }
	  inputs=$$(awk '/number_of_executed_units/ {print $$2}' $$scratch/$$target/log)
	  peak=$$(awk '/peak_rss_mb/ {print $$2}' $$scratch/$$target/log)
	  sum=$$((sum + $${inputs:-0}))
	  printf '%-10s %10s %9s %12s\n' $$target "$${inputs:-?}" $$((EPOCHSECONDS - begin)) "$${peak:-?}"
	done
	printf '%-10s %10s\n' all $$sum
	exit $$code

# Breaks the lease logic on purpose, in a copy, one way after the other: the simulation must find each.
planted: packages
	@Tests/SimulationTests/Planted/find.sh

# What goes to a host: without Swift's own libraries, which no host has.
HOST_BUILD := swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path .build/host
agent: packages
	@$(HOST_BUILD) --product murphy-agent
	echo "murphy deploy --agent .build/host/release/murphy-agent copies it to the hosts; there it needs libvirt0 libnl-route-3-200 libnftables1"

# The packages murphy and murphy-agent for Debian 12: .build/packages/*.deb.
packages-deb: PACKAGES += debhelper lintian
packages-deb: packages
	@for product in murphy murphy-agent GuestAppend; do $(HOST_BUILD) --product $$product; done
	Packaging/build.sh .build/host/release .build/packages

# Installs, uses, upgrades, removes and purges the packages in a clean Debian 12, in namespaces.
test-packages: PACKAGES += mmdebstrap
test-packages: packages-deb
	@Tests/Packages/test.sh .build/packages .build/packages-test

build: packages
	@swift build -c release

# Reports each missing requirement in one line, with the next step, before any change.
preflight:
	@refuse() { echo "murphy: $$1" >&2; exit 3; }
	command -v swift > /dev/null || refuse "no Swift toolchain: install Swift 6.3 from swift.org and put swift into PATH"
	swift --version 2> /dev/null | grep -Eq 'Swift version (6\.[2-9]|[7-9])' || refuse "Swift is older than 6.2: install Swift 6.3 from swift.org"
	[ "$$(id -u)" = 0 ] || refuse "not root: packages, namespaces and mounts need root; run sudo make $(MAKECMDGOALS)"
	command -v apt-get > /dev/null || refuse "no apt-get: this Makefile installs Debian 12's packages; elsewhere install what it lists under PACKAGES, and run swift build"
	unshare --net --mount --pid --fork true 2> /dev/null || refuse "no namespaces: run on a machine, or in a container with --privileged"
	[ "$$(df --output=avail -k . | tail -1)" -gt 4000000 ] || refuse "less than 4 GB free here: free some, the build and a lab need it"

packages: preflight
	@missing=$$(dpkg-query -W -f '$${Package} $${Status}\n' $(PACKAGES) 2> /dev/null | awk '/ok installed/ {print $$1}' | sort > /tmp/murphy-installed.$$$$; printf '%s\n' $(PACKAGES) | sort | comm -13 /tmp/murphy-installed.$$$$ -; rm -f /tmp/murphy-installed.$$$$)
	if [ -z "$$missing" ]; then exit 0; fi
	echo "installing:" $$missing
	# The lab runs its own daemons: the machine's must neither start now nor at the next boot.
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $$policy ]; then
	  printf '#!/bin/sh\nexit 101\n' > $$policy
	  chmod +x $$policy
	  trap "rm -f $$policy" EXIT
	fi
	before=$$(ls /etc/systemd/system/*.wants 2> /dev/null || true)
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null
	for unit in libvirtd virtlogd virtlockd glusterd corosync pacemaker ssh openipmi ipmievd prometheus prometheus-alertmanager prometheus-node-exporter \
	    prometheus-blackbox-exporter nginx named snmpd smstools postgresql ceph-crash rbdmap; do
	  if [ -d /run/systemd/system ] && ! grep -q "^$$unit.service$$" <<< "$$before"; then
	    systemctl disable --quiet $$unit.service 2> /dev/null || true
	  fi
	done

clean:
	@rm -rf .build
