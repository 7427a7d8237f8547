#!/bin/bash
# Tests the packages in a clean Debian 12: `test.sh PACKAGES FOLDER`. It installs, uses, upgrades, removes and purges them
# as an administrator does. The controller and two hosts are layers over one clean root, each in namespaces. All of it is
# in FOLDER and in the namespaces of this script, and ends with it. Only FOLDER/clean.tar is kept, for the next time.
set -euo pipefail

packages=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
root=$folder/root

if [ "${MURPHY_INSIDE:-}" = "" ]; then
  # The packages' sources of this machine, and how it reaches them.
  if [ ! -e "$folder/clean.tar" ]; then
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u |
      mmdebstrap --variant=apt --quiet bookworm "$folder/unfinished.tar" -
    mv "$folder/unfinished.tar" "$folder/clean.tar"
  fi
  clean() { rm -rf --one-file-system "$root" "$folder/machines"; }
  clean
  trap clean EXIT
  MURPHY_INSIDE=1 unshare --mount --pid --fork --mount-proc --kill-child "$0" "$packages" "$folder"
  exit
fi

# MARK: Checks

step() { echo "== $*"; }
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# `expect CODE TEXT COMMAND`: the command ends with the code, and the text, unless it is empty, is in its output.
expect() {
  local code=0 wanted=$1 text=$2
  shift 2
  "$@" > "$folder/output" 2>&1 < /dev/null || code=$?
  if [ "$code" = "$wanted" ] && { [ "$text" = "" ] || grep -qF -- "$text" "$folder/output"; }; then return; fi
  cat "$folder/output" >&2
  fail "$* ended with $code, expected $wanted and: $text"
}
# `files ROOT`: those with Murphy's name. man(1) keeps the pages that this test reads.
files() { (cd "$1" && find . -xdev -ipath '*murphy*' ! -path './var/cache/man/*') | sort; }
# `soon COMMAND`: the command succeeds within a minute.
soon() {
  local attempt
  for attempt in $(seq 600); do
    if "$@" > /dev/null 2>&1; then return; fi
    sleep 0.1
  done
  fail "not within a minute: $*"
}

# MARK: The clean root

step "a clean Debian 12, with the packages that a host and this test need"
mkdir "$root"
tar --extract --file "$folder/clean.tar" --directory "$root" --numeric-owner --exclude './dev/*'
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
cp --dereference /etc/resolv.conf /etc/hosts "$root/etc"
apt-config dump | grep -E '^Acquire::(http|https|Check)' > "$root/etc/apt/apt.conf.d/90machine" || true
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
in_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
install() { in_root apt-get install --yes --quiet --quiet --no-install-recommends "$@" > "$folder/apt.log" 2>&1 || { cat "$folder/apt.log" >&2; exit 1; }; }
in_root apt-get update --quiet --quiet
install openssh-server iproute2 procps bash-completion fish zsh man-db systemd
rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
files "$root" > "$folder/before"

step "the packages install with apt, as an older version"
older() {
  local tree=$folder/older
  rm -rf "$tree"
  dpkg-deb --raw-extract "$packages/$1"_*.deb "$tree"
  sed -i 's/^Version: .*/Version: 0.0.1/; s/(= [^)]*)/(= 0.0.1)/' "$tree/DEBIAN/control"
  dpkg-deb --build -Znone "$tree" "$root/$1.deb" > /dev/null
  rm -rf "$tree"
}
older murphy-agent
older murphy
install ./murphy-agent.deb ./murphy.deb
rm "$root"/murphy*.deb
cp "$packages"/*.deb "$root/srv"

step "every program finds its libraries"
for program in murphy murphy-agent; do
  expect 0 "" in_root $program --version
  if in_root ldd /usr/bin/$program | grep "not found"; then fail "$program lacks a library"; fi
done

step "every command has a man page, with its options"
commands() { in_root murphy help "$@" | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }
count=0
while read -r command; do
  page=murphy-${command// /-}
  in_root man "$page" > "$folder/page" 2> /dev/null || fail "no man page $page"
  in_root env MANWIDTH=40 man "$page" 2> /dev/null | sed 's/.\x08//g' | awk 'length > 40 { exit 1 }' \
    || fail "$page(1) is wider than 40 columns"
  # Words of the command are arguments of help.
  for option in $(in_root murphy help $command | grep -o '^  *--[a-z-]*'); do
    grep -q -- "$option" "$folder/page" || fail "$page(1) lacks $option"
  done
  count=$((count + 1))
done < <(for command in $(commands); do echo "$command"; commands "$command" | sed "s/^/$command /"; done)
[ $count -gt 40 ] || fail "only $count commands were found in --help"
in_root man 8 murphy-agent | grep -q "murphy-agent recover" || fail "murphy-agent(8) lacks recover"

step "the shells complete its commands"
expect 0 deploy in_root bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader murphy
  COMP_WORDS=(murphy dep); COMP_CWORD=1; COMP_LINE="murphy dep"; COMP_POINT=10
  $(complete -p murphy | sed "s/.*-F \([^ ]*\) .*/\1/") murphy dep murphy; echo "${COMPREPLY[@]}"'
expect 0 deploy in_root env HOME=/root fish -c 'complete --do-complete "murphy dep"'
expect 0 _murphy in_root zsh -c 'autoload -Uz compinit; compinit -D -u; autoload +X _murphy && echo $_comps[murphy]'

step "the units are valid; recover runs at the next boot, and no timer does"
for unit in murphy-recover.service murphy-schedule@monthly.service murphy-schedule@monthly.timer murphy-history.service \
  murphy-history.timer; do
  expect 0 "" in_root systemd-analyze verify $unit
  [ ! -s "$folder/output" ] || fail "systemd-analyze verify: $(cat "$folder/output")"
done
if find "$root/etc/systemd" -name 'murphy-*.timer' | grep .; then fail "a timer is enabled"; fi
[ -L "$root/etc/systemd/system/multi-user.target.wants/murphy-recover.service" ] || fail "the unit isn't enabled"
expect 0 "" in_root murphy-agent recover

# MARK: A controller and two hosts

step "a fleet by README: init, deploy --check, check, new, plan, run, report"
declare -A pids
# `machine NAME`: starts a machine on a layer over the clean root, in its own namespaces.
machine() {
  local place=$folder/machines/$1
  mkdir -p "$place"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$place/upper,workdir=$place/work" "$place/root"
  mount --rbind /dev "$place/root/dev"
  unshare --mount --net --uts --pid --fork --kill-child chroot "$place/root" /bin/sh -euc '
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t tmpfs tmpfs /run
    mkdir -p /run/sshd
    hostname '"$1"'
    ip link set lo up
    touch /run/ready
    # An init that reaps: a shell waits for all children.
    while :; do sleep 1 || true; done' &
  local outer=$!
  soon test -e "/proc/$outer/task/$outer/children"
  soon grep -q . "/proc/$outer/task/$outer/children"
  pids[$1]=$(tr -d ' ' < "/proc/$outer/task/$outer/children")
  soon test -e "/proc/${pids[$1]}/root/run/ready"
}
on() {
  local pid=${pids[$1]}
  shift
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
    nsenter --target "$pid" --mount --net --uts --pid --root --wdns=/root -- "$@"
}
# Only now, so that the programs had no other libraries than those that their packages ask for.
install libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients
# Debian's libvirt-daemon-system creates this user; it also needs a running systemd.
in_root useradd --system --user-group libvirt-qemu
umount "$root/proc"
umount --recursive "$root/dev"
mkdir "$folder/machines"
mount -t tmpfs tmpfs "$folder/machines"
for name in controller alpha beta; do machine $name; done
# Two switches, in the network namespace of the controller.
switch() { nsenter --net="/proc/${pids[controller]}/ns/net" ip "$@"; }
for network in 0 1; do
  switch link add switch$network type bridge
  switch link set switch$network up
  number=0
  for host in alpha beta; do
    number=$((number + 1))
    switch link add $host$network type veth peer name eth$network netns "${pids[$host]}"
    switch link set $host$network master switch$network up
    on $host ip link set eth$network up
    on $host ip address add 10.9.$network.$number/24 dev eth$network
  done
done
switch address add 10.9.0.9/24 dev switch0
on controller ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
for host in alpha beta; do
  on $host mkdir -p -m 700 /root/.ssh
  on controller cat /root/.ssh/id_ed25519.pub | on $host tee /root/.ssh/authorized_keys > /dev/null
  on $host /usr/sbin/sshd -o UsePAM=no -o UseDNS=no
  # As in labs: without cgroups, which are this machine's.
  on $host tee /etc/libvirt/qemu.conf > /dev/null << 'END'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
END
  on $host sh -c 'setsid -f libvirtd > /var/log/libvirtd.log 2>&1'
  soon on $host virsh --quiet --connect qemu:///system list
done
on controller sh -c 'echo "StrictHostKeyChecking accept-new" > /root/.ssh/config'

expect 0 "murphy deploy --fleet fleet.yaml" on controller murphy init root@10.9.0.1 root@10.9.0.2
sed -n '/^  *ssh .*agent-/p' "$folder/output" > "$folder/policies"
[ "$(wc -l < "$folder/policies")" = 2 ] || fail "init printed no command for each policy: $(cat "$folder/output")"
expect 0 "beta: has this agent: version" on controller murphy deploy --fleet fleet.yaml --check
expect 0 "" on controller murphy check fleet.yaml
expect 0 first.yaml on controller murphy new first --fleet fleet.yaml
network=$(on controller sed -n '/^  beta:/,$s/^ *\([^ :]*\): eth1.*/\1/p' fleet.yaml | head -1)
# The user's edits: another network, since the drafted one may be the controller's path, and less time.
on controller sed -i "s/network: [^ }]*}/network: $network}/; s/for: 60s/for: 4s/; s/for: 10s/for: 2s/; s/stable: 10s/stable: 2s/" first.yaml

step "the installed policy allows no fault"
expect 3 "/etc/murphy/agent.json doesn't allow fault link.drop" on controller murphy plan first.yaml --fleet fleet.yaml
while read -r command; do on controller sh -euc "$command" < /dev/null; done < "$folder/policies"
expect 0 "a run would begin" on controller murphy plan first.yaml --fleet fleet.yaml
expect 0 "reverted, by deadline" on controller murphy run first.yaml --fleet fleet.yaml
run=$(on controller sh -c 'ls -d reports/*/')
expect 0 report.html on controller murphy report "${run%/}"

step "a schedule by README"
on controller tee schedule.yaml > /dev/null << END
schedule: monthly
scenario: first.yaml
fleet: fleet.yaml
every: month
window: {days: [tue, wed, thu], from: "09:00", to: "12:00"}
timezone: Europe/Vienna
END
expect 0 "" on controller murphy check schedule.yaml
expect 0 "09:00" on controller murphy schedule next
expect 0 murphy-schedule-monthly.timer on controller murphy schedule install --units /etc/systemd/system
expect 0 "" on controller murphy schedule run-due

step "the timer's command writes the state for node_exporter"
command=$(on controller sed -n 's/^ExecStart=//p' /lib/systemd/system/murphy-history.service)
expect 0 "" on controller env REPORTS=reports TEXTFILE=murphy.prom sh -c "$command"
on controller grep -q '^murphy_last_result_timestamp_seconds{scenario="first",' murphy.prom || fail "$(on controller cat murphy.prom)"
on controller mkdir empty
expect 3 "" on controller env REPORTS=empty TEXTFILE=murphy.prom sh -c "$command"
on controller grep -q '^murphy_textfile_timestamp_seconds{} ' murphy.prom || fail "without a run no time is written"

# MARK: Upgrade

cut() {
  on controller tee cut.yaml > /dev/null << END
scenario: cut
steady: {for: 1s, probes: [beta-ssh]}
timeline:
  - {at: 0s, fault: link.drop, target: {host: beta, network: $network}, for: $1, mode: carrier}
recovery: {stable: 1s, no-progress: 60s, cap: 2m}
END
  on controller murphy run cut.yaml --fleet fleet.yaml > "$folder/run.log" 2>&1 &
  running=$!
  soon on beta sh -c '! ip link show eth1 | grep -q "[<,]UP"'
}
versions() { on beta dpkg-query --show --showformat '${Version} ' murphy murphy-agent; }
new=$(dpkg-deb --field "$packages"/murphy_*.deb Version)

step "an upgrade keeps the policy, and a fault that is active"
policy=$(on beta sha256sum /etc/murphy/agent.json)
cut 20s
on beta sh -c 'dpkg --install /srv/*.deb' > "$folder/output" 2>&1 || fail "$(cat "$folder/output")"
on beta ip link show eth1 | grep -q "[<,]UP" && fail "the upgrade ended the fault"
wait $running || fail "the run ended with $?: $(cat "$folder/run.log")"
grep -q "reverted, by deadline" "$folder/run.log" || fail "$(cat "$folder/run.log")"
[ "$(versions)" = "$new $new " ] || fail "the versions are $(versions)"
[ "$(on beta sha256sum /etc/murphy/agent.json)" = "$policy" ] || fail "the upgrade changed the policy"
expect 0 "" on beta murphy-agent recover

# MARK: Removal

step "a removal is refused while a lease can't be reverted"
on beta sh -c 'echo truncated > /var/lib/murphy/leases/run-broken.lease'
expect 1 "murphy-agent is not removed: a fault may still be active" on beta dpkg --remove murphy murphy-agent
on beta murphy-agent --version > /dev/null || fail "the agent is gone"
# dpkg keeps the wish to remove it.
status=$(on beta dpkg-query --show --showformat '${Status}' murphy-agent)
[ "$status" = "deinstall ok installed" ] || fail "murphy-agent is $status"
on beta test ! -e /var/lib/murphy/hold || fail "the host is still held"
on beta rm /var/lib/murphy/leases/run-broken.lease

step "a removal reverts what is active"
cut 5m
# The strongest case: controller, agent and watchdog are dead. The host is first, since an agent that loses its
# controller reverts.
on beta sh -c 'kill -9 -1' || true
on controller sh -c 'kill -9 -1' || true
wait $running || true
on beta ip link show eth1 | grep -q "[<,]UP" && fail "the fault ended with its processes"
on beta sh -c 'ls /var/lib/murphy/leases/*.lease' > /dev/null || fail "no lease exists"
expect 0 "reverted link.drop" on beta dpkg --remove murphy murphy-agent
on beta ip link show eth1 | grep -q "[<,]UP" || fail "the link is still down"
on beta sh -c '! ls /var/lib/murphy/leases/*.lease' > /dev/null 2>&1 || fail "the lease still exists"
on beta test -e /etc/murphy/agent.json || fail "the removal deleted the policy"
grep -q '"by":"dpkg"' "/proc/${pids[beta]}/root/var/lib/murphy/hold" || fail "the host isn't held"

step "after another installation the host is free again, with its policy"
on beta sh -c 'dpkg --install /srv/*.deb' > "$folder/output" 2>&1 || fail "$(cat "$folder/output")"
on beta test ! -e /var/lib/murphy/hold || fail "the host is still held"
[ "$(on beta sha256sum /etc/murphy/agent.json)" = "$policy" ] || fail "the policy changed"

step "a purge leaves no file"
for name in controller beta; do on $name systemctl enable --quiet murphy-schedule@monthly.timer murphy-history.timer; done
expect 0 "" on controller dpkg --purge murphy
left=$(on controller find /etc /lib/systemd /usr /var/lib/systemd -ipath '*murphy*' ! -path '/etc/murphy*' ! -path '*murphy-agent*' \
  ! -path '*murphy-recover*')
[ "$left" = "" ] || fail "these files are left: $left"
expect 0 "" on beta dpkg --purge murphy murphy-agent
on beta rm -rf /srv /var/log/apt
files "/proc/${pids[beta]}/root" > "$folder/after"
diff "$folder/before" "$folder/after" || fail "these files are left"

step "done"
