extension LabHost {
  /// The host's ends of its two cables, and the bridge that carries the guests' traffic through `eth0`.
  var networkScript: String {
    """
    [ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
    ip link set lo up
    ip link add br0 address \(hardwareAddress(network: 2)) type bridge stp_state 0 forward_delay 0
    ip link set eth0 master br0
    ip link set eth0 up
    ip link set eth1 up
    ip link set br0 up
    ip address add \(externalAddress)/24 dev br0
    ip address add \(internalAddress)/24 dev eth1
    """
  }

  /// Lays both cables, from the lab's outer network namespace; the argument is the machine's id of a host's
  /// PID 1.
  var plugScript: String {
    """
    set -eu
    plug() {
      # The kernel takes a host's cables some time after its last process: those of the boot before may still lie here.
      ip link delete "$1" 2> /dev/null || true
      ip link add "$1" type veth peer name "$2" address "$3" netns "/proc/$5/ns/net"
      ip link set "$1" master "$4" up
    }
    plug \(name)-int eth1 \(hardwareAddress(network: 1)) internal "$1"
    plug \(name)-ext eth0 \(hardwareAddress(network: 2)) external "$1"
    """
  }

  /// Locally administered, and the same at every boot: the guests' neighbours keep their ARP entries.
  private func hardwareAddress(network: Int) -> String { "02:4d:55:52:0\(network):0\(number)" }

  /// Names in place of a resolver: libvirt and Pacemaker speak of hosts by name.
  static var hostsFile: String {
    (["127.0.0.1 localhost"] + allCases.map { "\($0.externalAddress) \($0.name)" } + ["\(Guest.address) web"])
      .joined(separator: "\n") + "\n"
  }
}
