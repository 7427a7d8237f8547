#!/bin/bash
# The same two faults by Chaos Toolkit and by Murphy, with the same signals during the fault: which one leaves residue?
#
#   Tests/Comparison/chaostoolkit.sh [FOLDER OF murphy AND murphy-agent]
#
# Needs root, python3-venv and PyPI. Everything runs in temporary namespaces: a host with a link, with its own /etc, /var
# and /run, and an sshd for Murphy. Chaos Toolkit is used as its documentation recommends: the cut is a process action,
# the undo a rollback, once with the default strategy and once with the one that runs rollbacks also after an interruption
# ('always').
set -euo pipefail

hold=4          # seconds that the fault is planned to be active
into=1.5        # seconds into it at which the signal comes
grace=2         # seconds after the planned end until a fault counts as residue

if [ "${1:-}" != --inside ]; then
  program=${1:-$(dirname "$0")/../../.build/release}
  program=$(realpath "$program")
  [ "$(id -u)" = 0 ] || { echo "chaostoolkit.sh: not root: it creates namespaces" >&2; exit 3; }
  for file in murphy murphy-agent; do
    [ -x "$program/$file" ] || { echo "chaostoolkit.sh: no $program/$file: run make build first" >&2; exit 3; }
  done
  work=$(mktemp -d /var/tmp/murphy-comparison.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check chaostoolkit==1.19.0 chaostoolkit-lib==1.44.0
  unshare --net --mount --propagation private --pid --fork --kill-child --mount-proc \
    bash "$(realpath "$0")" --inside "$program" "$work"
  exit
fi
program=$2 work=$3

# The host: what is written to /etc and /var stays in memory.
mount -t tmpfs tmpfs /mnt
for part in etc var; do
  mkdir "/mnt/$part" "/mnt/$part.work"
done
# /var holds this script's folder too.
mkdir -p "/mnt/keep" && mount --bind "$work" /mnt/keep
for part in etc var; do
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=/mnt/$part,workdir=/mnt/$part.work" "/$part"
done
mount --bind /mnt/keep "$work"
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /etc/murphy
rm -rf /var/lib/murphy
echo '{"faults": ["*"], "links": ["*"], "domains": ["*"], "longest-lease": "10m"}' > /etc/murphy/agent.json
ip link set lo up
ip link add cable0 type veth peer name cable1
ip link set cable0 up
ip link set cable1 up
ip address add 192.0.2.1/24 dev cable0

# Murphy reaches the host over ssh, like any other.
keys=$work/keys
mkdir -m 700 "$keys"
for name in host user; do ssh-keygen -q -t ed25519 -N '' -f "$keys/$name"; done
cp "$keys/user.pub" "$keys/authorized"
chmod 600 "$keys/authorized"
cat > "$keys/sshd" <<EOF
ListenAddress 127.0.0.1:2222
HostKey $keys/host
AuthorizedKeysFile $keys/authorized
StrictModes no
UsePAM no
PidFile none
SetEnv PATH=$program:/usr/sbin:/usr/bin:/sbin:/bin
EOF
cat > "$keys/client" <<EOF
Host here
  HostName 127.0.0.1
  Port 2222
  User root
  IdentityFile $keys/user
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
EOF
/usr/sbin/sshd -f "$keys/sshd" -E "$work/sshd.log"
cat > "$work/fleet.yaml" <<EOF
fleet: one
ssh-config: $keys/client
networks:
  cable: {role: service, cidr: 192.0.2.0/24}
hosts:
  here: {ssh: root@here, links: {cable: cable0}}
quorum: 1
probes:
  self: {ping: 127.0.0.1, every: 100ms, timeout: 100ms}
EOF

murphy_scenario() { # fault
  local keys="mode: carrier"
  [ "$1" = nft ] && keys="mode: silent"
  cat > "$work/scenario.yaml" <<EOF
scenario: comparison
steady: {for: 500ms, probes: [self]}
timeline:
  - {at: 0s, fault: link.drop, target: {host: here, network: cable}, for: ${hold}s, $keys}
recovery: {stable: 500ms, no-progress: 3s, cap: 10s}
beyond-quorum: true
EOF
}

chaos_experiment() { # fault
  python3 - "$1" "$hold" "$work/experiment.json" <<'EOF'
import json, sys
fault, hold, path = sys.argv[1], float(sys.argv[2]), sys.argv[3]
rules = "table netdev drill { chain in { type filter hook ingress device cable0 priority -500; drop; }; " \
        "chain out { type filter hook egress device cable0 priority -500; drop; }; }"
def act(name, path, arguments, **more):
    return dict({"type": "action", "name": name,
                 "provider": {"type": "process", "path": path, "arguments": arguments}}, **more)
if fault == "link":
    cut, undo = act("cut", "ip", ["link", "set", "cable0", "down"]), act("undo", "ip", ["link", "set", "cable0", "up"])
else:
    cut, undo = act("cut", "nft", [rules]), act("undo", "nft", ["delete", "table", "netdev", "drill"])
cut["pauses"] = {"after": hold}
json.dump({"title": "cut a cable", "description": "and plug it in again", "method": [cut], "rollbacks": [undo]},
          open(path, "w"))
EOF
}

there() { # fault: whether cable0 is cut
  if [ "$1" = link ]; then
    [[ ! "$(ip -o link show dev cable0)" =~ [\<,]UP[,\>] ]]
  else
    # A table of Chaos Toolkit drops always. One of Murphy drops what is in its set, and expired elements aren't listed.
    [[ "$(nft list ruleset)" =~ (table netdev drill|elements = ) ]]
  fi
}

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

row() { # tool, victims, signal, fault
  local tool=$1 victims=$2 signal=$3 fault=$4 pid begun hit reverted="" residue=no pids
  if [ "$tool" = murphy ]; then
    murphy_scenario "$fault"
    "$program/murphy" run "$work/scenario.yaml" --fleet "$work/fleet.yaml" --out "$work/runs" > "$work/output" 2>&1 &
  else
    chaos_experiment "$fault"
    (cd "$work" && exec "$work/venv/bin/chaos" run --rollback-strategy "${tool#*, }" experiment.json) > "$work/output" 2>&1 &
  fi
  pid=$!
  disown # Otherwise the shell prints its end.
  for _ in $(seq 600); do there "$fault" && break; sleep 0.05; done
  there "$fault" || { echo "the fault was never active: $(tail -n 3 "$work/output")"; return; }
  begun=$(now)
  sleep "$into"
  pids=$pid
  case $victims in *agent*) pids+=" $(pgrep -x murphy-agent || true)" ;; esac
  # The watchdog runs the agent's file by another name, with the arguments 'watch' and its lease.
  case $victims in *watchdog*) pids+=" $(pgrep -f '^/proc/self/exe watch ' || true)" ;; esac
  hit=$(now)
  [ "$signal" = none ] || kill "-$signal" $pids
  while ! over "$(since "$begun")" "$(awk -v h=$hold -v g=$grace 'BEGIN { print h + g }')"; do
    if [ -z "$reverted" ] && ! there "$fault"; then reverted=$(since "$hit"); fi
    sleep 0.02
  done
  there "$fault" && residue=YES
  [ -n "$reverted" ] || reverted=-
  # Reverted for the next row, by the tool's own means if it has any, and reported.
  local after=""
  if [ "$residue" = YES ]; then
    if [ "$tool" = murphy ]; then
      "$program/murphy" recover --fleet "$work/fleet.yaml" > "$work/recovered" 2>&1 || true
      there "$fault" && after="murphy recover did not revert it" || after="murphy recover reverted it"
    else
      after="it has no command to revert it"
    fi
  fi
  printf '%-26s %-28s %-8s %-6s %-12s %-10s %s\n' "$tool" "$victims" "$signal" "$fault" "$residue" "$reverted" "$after"
  kill -KILL $pid 2> /dev/null || true
  "$program/murphy" recover --fleet "$work/fleet.yaml" > /dev/null 2>&1 || true
  ip link set cable0 up
  nft flush ruleset
}

echo "planned for ${hold} s, signal after ${into} s, judged ${grace} s after the planned end"
echo "Chaos Toolkit $("$work/venv/bin/chaos" --version 2>&1 | grep -o '[0-9][0-9.]*' | head -1), murphy-agent $("$program/murphy-agent" --version)"
printf '%-26s %-28s %-8s %-6s %-12s %-10s %s\n' tool "signal to" signal fault residue "reverted/s" ""
for fault in link nft; do
  for signal in none TERM INT KILL; do
    for strategy in default always; do row "chaostoolkit, $strategy" "chaos" $signal $fault; done
  done
  for signal in none TERM INT KILL; do row murphy controller $signal $fault; done
  row murphy controller+agent KILL $fault
  row murphy controller+agent+watchdog KILL $fault
done
