import Scenario

extension LabHost {
  /// All services in this host and beside it, in start order.
  func services(in lab: Lab) -> [LabService] {
    lab.spec.components(on: self).flatMap { $0.services(on: self, in: lab) }
  }

  /// Files of every host, independent of its components.
  func files(in lab: Lab) -> [String: String] {
    let names =
      ["127.0.0.1 localhost"] + lab.spec.components.flatMap { $0.names(in: lab) }.map { "\($0) \($1)" }
    var files = [
      "etc/hosts": names.joined(separator: "\n") + "\n",
      "etc/hostname": name + "\n",
      "etc/murphy/agent.json": Resource.Kind.policyAllowingAll(
        damage: ["*", "host.reboot"], files: true) + "\n",
      "etc/lab/boot.sh": bootScript(in: lab),
      "etc/lab/after.sh": Self.afterScript,
    ]
    for service in services(in: lab) {
      if case .inHost(let ask) = service.ask { files["etc/lab/ask/\(service.part.rawValue).sh"] = ask + "\n" }
      if !service.after.isEmpty, !service.start.isEmpty {
        files["etc/lab/start/\(service.part.rawValue).sh"] = service.start + "\n"
      }
    }
    return files
  }

  /// Runs as a child of the host's PID 1, in the host's root, at every boot.
  func bootScript(in lab: Lab) -> String {
    let services = services(in: lab).filter { $0.place == .inHost }
    let stops = services.reversed().map(\.stop).filter { !$0.isEmpty }
    let starts = services.filter { !$0.start.isEmpty }.map { service in
      let needed = service.after.map(\.rawValue).joined(separator: " ")
      return needed.isEmpty
        ? service.start
        : "setsid -f sh /etc/lab/after.sh \(name) \(service.part.rawValue) \(needed) > /dev/null 2>&1"
    }
    return """
      set -eu
      export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
      ulimit -c 0
      umount -l /mnt
      mkdir -p /run/lock
      \(networkScript(lab.spec))
      # Reverts faults that were active at the power cut, as murphy-recover.service does on a host with systemd.
      murphy-agent recover --json > /var/log/murphy-recover.log 2>&1 || true
      # Everything is started with setsid -f, so that PID 1 is the parent and reaps it.
      \(starts.joined(separator: "\n"))
      # PID 1 forwards SIGTERM, and ends when this script ends.
      shut_down() {
      \(stops.joined(separator: "\n"))
      exit 0
      }
      trap shut_down TERM
      sleep infinity &
      wait
      """
  }

  /// Starts a part once the parts that it depends on have answered. Arguments: the host's name, the part, its
  /// dependencies.
  private static let afterScript = """
    host=$1 part=$2
    shift 2
    for needed; do
      until sh "/etc/lab/ask/$needed.sh" "$host"; do sleep 0.5; done
    done
    . "/etc/lab/start/$part.sh"

    """

  /// The host's ends of its veth pairs, and the bridge for the guests' traffic.
  private func networkScript(_ spec: LabSpec) -> String {
    var lines = [
      "[ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6", "ip link set lo up",
    ]
    for network in spec.networks {
      guard let link = network.link else { continue }
      var device = link
      if network.carriesGuests {
        device = LabNetwork.guestBridge
        lines += [
          "ip link add \(device) address \(hardwareAddress(on: network, of: spec)) type bridge stp_state 0 forward_delay 0",
          "ip link set \(link) master \(device)", "ip link set \(device) up",
        ]
      }
      lines += ["ip link set \(link) up", "ip address add \(network.address(of: self))/24 dev \(device)"]
    }
    return (lines + parallelRoutes(spec)).joined(separator: "\n")
  }

  /// Routes to the other hosts over all cables of a network. The kernel chooses a cable for each connection, and none whose
  /// other end doesn't answer.
  private func parallelRoutes(_ spec: LabSpec) -> [String] {
    let bundles = spec.networks.map { network in
      [network] + spec.networks.filter { $0.parallel?.to == network.name }
    }.filter { $0.count > 1 }
    if bundles.isEmpty { return [] }
    let settings = ["hash_policy", "use_neigh"].map { "echo 1 > /proc/sys/net/ipv4/fib_multipath_\($0)" }
    return settings
      + bundles.flatMap { cables in
        spec.hosts.filter { $0 != self }.map { peer in
          let hops = cables.compactMap { cable in
            cable.link.map { "nexthop via \(cable.address(of: peer)) dev \($0)" }
          }
          return "ip route add \(cables[0].address(of: peer)) src \(cables[0].address(of: self)) "
            + hops.joined(separator: " ")
        }
      }
  }

  /// Connects the host's veth pairs, from the lab's outer network namespace. The argument is the pid of the host's
  /// PID 1 as the machine numbers it.
  func plugScript(_ spec: LabSpec) -> String {
    let cables = spec.networks.compactMap { network in
      network.link.map { link in
        let address = hardwareAddress(on: network, of: spec)
        let plug = "plug \(network.port(of: self)) \(link) \(address) \(network.name) \"$1\""
        return network.shaping.isEmpty ? plug : "\(plug)\n\(network.shaper) \(network.port(of: self))"
      }
    }
    let shapes = spec.networks.filter { !$0.shaping.isEmpty }.map { "\($0.shaper)() {\n\($0.shaping)\n}" }
    return """
      set -eu
      plug() {
        # The kernel removes a host's veth pairs some time after its last process: those of the last boot may still exist.
        ip link delete "$1" 2> /dev/null || true
        ip link add "$1" type veth peer name "$2" address "$3" netns "/proc/$5/ns/net"
        ip link set "$1" master "$4" up
      }
      \((shapes + cables).joined(separator: "\n"))
      """
  }

  /// Locally administered, and the same at every boot, so that ARP entries of other hosts stay valid.
  func hardwareAddress(on network: LabNetwork, of spec: LabSpec) -> String {
    let index = spec.networks.firstIndex { $0.name == network.name } ?? 0
    return "02:4d:55:52:0\(index + 1):0\(number)"
  }
}
