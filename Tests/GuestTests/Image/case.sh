# For a test's scripts on its host.
set -eu

# The shell of busybox would run its own.
ip() { /usr/sbin/ip "$@"; }
tc() { /usr/sbin/tc "$@"; }
modprobe() { /usr/sbin/modprobe "$@"; }

# Runs a command at the other end of the host's cables.
peer() { nsenter -n/run/netns/peer "$@"; }

# Lays cables: links of the host, up, each with an end of the same name at the peer.
cable() {
  local name
  for name; do
    ip -batch - << END
      link add $name type veth peer name $name netns peer
      link set $name up
END
    ip -n peer link set "$name" up
  done
}

# Makes a VLAN on a link at both ends, and sets both ends up: vlan LINK ID [NAME].
vlan() {
  local name=${3:-$1.$2} end
  for end in "" "-n peer"; do
    ip $end -batch - << END
      link add link $1 name $name type vlan id $2
      link set $name up
END
  done
}

# Gives a link addresses of network N: 10.N.0.1 and fd00:N::1, and its other end 10.N.0.254 and fd00:N::fe.
network() {
  ip -batch - << END
    address add 10.$2.0.1/24 dev $1
    address add fd00:$2::1/64 dev $1
END
  ip -n peer -batch - << END
    address add 10.$2.0.254/24 dev $1
    address add fd00:$2::fe/64 dev $1 nodad
END
}

# Sends requests to the other end of network N over IPv4 and IPv6. The first packets may be lost: a link takes up to a
# second from its carrier to its first packet.
reach() {
  local n address tries
  for n; do
    for address in "10.$n.0.254" "fd00:$n::fe"; do
      tries=0
      until ping -c 1 -W 1 "$address" > /dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries = 10 ]; then echo "$address does not answer" >&2; return 1; fi
        sleep 0.2
      done
    done
  done
}

# Succeeds if the other end of network N answers over neither IPv4 nor IPv6, queried from both ends.
silent() {
  for n; do
    if ping -c 1 -W 1 "10.$n.0.254" > /dev/null 2>&1; then echo "10.$n.0.254 answers" >&2; return 1; fi
    if ping -6 -c 1 -W 1 "fd00:$n::fe" > /dev/null 2>&1; then echo "fd00:$n::fe answers" >&2; return 1; fi
    if peer ping -c 1 -W 1 "10.$n.0.1" > /dev/null 2>&1; then echo "10.$n.0.1 answers" >&2; return 1; fi
    if peer ping -6 -c 1 -W 1 "fd00:$n::1" > /dev/null 2>&1; then echo "fd00:$n::1 answers" >&2; return 1; fi
  done
}

# What the kernel still does by itself, in this network namespace and in those with names: what follows from a link's
# carrier (a link with LOWER_UP and state DOWN is in its queue), and duplicate address detection. Each process that this
# starts costs 30 ms under emulation.
pending() {
  local name
  for name in "" /run/netns/*; do
    name=${name##*/}
    if [ "$name" = "*" ]; then continue; fi
    printf 'link show\naddress show tentative\n' | ip ${name:+-n $name} -o -batch -
  done | grep -E "[<,]LOWER_UP[,>].* state (DOWN|LOWERLAYERDOWN) | inet6 " || true
}

# Waits until no pending link or address is left.
stable() {
  local tries
  for tries in $(seq 50); do
    if [ -z "$(pending)" ]; then return; fi
    sleep 0.2
  done
  pending >&2
  return 1
}
