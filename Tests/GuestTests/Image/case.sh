# For a test's scripts on its host.
set -eu

# Runs a command at the other end of the host's cables.
peer() { ip netns exec peer "$@"; }

# Lays cables: links of the host, up, each with an end of the same name at the peer.
cable() {
  for name; do
    ip link add "$name" type veth peer name "$name" netns peer
    ip link set "$name" up
    ip -n peer link set "$name" up
  done
}

# Waits until duplicate address detection has ended.
settled() {
  for _ in $(seq 100); do
    if [ -z "$(ip -6 address show tentative)$(ip -n peer -6 address show tentative)" ]; then return; fi
    sleep 0.1
  done
  echo "addresses are still tentative after 10 s" >&2
  return 1
}
