/// A network of a lab: a bridge in the lab's outer network namespace, with a veth pair to each attached host.
package struct LabNetwork: Sendable {
  /// Its role, as in the fleet file.
  package enum Role: String, Sendable {
    case storage, service, management, migration
  }

  package let name: String
  package let role: Role
  /// The first three numbers of its addresses: every network of a lab is a /24.
  let prefix: String
  /// The name of each host's link; nil if no host is attached.
  var link: String?
  /// The last number of a host's address is this number plus that of the host.
  var firstHost = 10
  /// The network whose addresses its links carry as well; nil if they carry its own only.
  ///
  /// It is a further cable of each host, to a separate switch. Hosts send each connection over one of the cables.
  var parallel: (to: String, number: Int)?
  /// Whether guests' traffic uses that link: then a bridge over it has the host's address.
  var carriesGuests = false
  /// Whether the controller has an address on it.
  var hasController = true
  /// Bits per second that each host can send, and receive; nil for no limit.
  package var rate: Int?
  /// The one-way delay of a packet between two hosts; nil for none.
  package var delay: Duration?

  package var cidr: String { "\(prefix).0/24" }

  func address(of host: LabHost) -> String { "\(prefix).\(firstHost + host.number)" }

  var controllerAddress: String { "\(prefix).250" }

  /// The bridge over the link that carries guests' traffic.
  static let guestBridge = "br0"

  /// The switch's end of a host's veth pair, in the lab's outer network namespace.
  func port(of host: LabHost) -> String {
    "\(host.name)-\(parallel.map { "\(name.prefix(2))\($0.number)" } ?? String(name.prefix(3)))"
  }

  /// This network's further cables, so that each host has `count`: `internal-2` at the link `eth1-2`, with other
  /// addresses.
  func furtherCables(_ count: Int) -> [LabNetwork] {
    (2..<max(count, 1) + 1).map { number in
      var cable = LabNetwork(
        name: "\(name)-\(number)", role: role, prefix: "\(prefix)\(number)",
        link: link.map { "\($0)-\(number)" },
        parallel: (name, number), hasController: hasController)
      cable.rate = rate
      cable.delay = delay
      return cable
    }
  }
}

extension LabNetwork {
  /// The name of a shell function with ``shaping``. Not every shell accepts a hyphen there.
  var shaper: String { "shape_\(name.replacing("-", with: "_"))" }

  /// Shell: sets rate and delay at the switch's port `$1`; empty if the network has neither. They are outside the
  /// host, whose links and queueing disciplines are like those of any host.
  ///
  /// Packets to the host pass the port's own queue. Packets from it are redirected to an ifb device named after the
  /// port, since Linux queues only what leaves a device. The delay is set once per direction, at the receiver's port.
  var shaping: String {
    guard rate != nil || delay != nil else { return "" }
    var lines = ["tc qdisc add dev \"$1\" root handle 1: \(delayedQueue ?? rateQueue ?? "")"]
    if delay != nil, let rateQueue {
      lines.append("tc qdisc add dev \"$1\" parent 1:1 handle 2: \(rateQueue)")
    }
    if let rateQueue {
      lines += [
        "ip link delete \"$1-i\" 2> /dev/null || true",
        "ip link add \"$1-i\" type ifb",
        "ip link set \"$1-i\" up",
        "tc qdisc add dev \"$1-i\" root handle 1: \(rateQueue)",
        "tc qdisc add dev \"$1\" handle ffff: ingress",
        "tc filter add dev \"$1\" parent ffff: protocol all u32 match u32 0 0"
          + " action mirred egress redirect dev \"$1-i\"",
      ]
    }
    return lines.joined(separator: "\n")
  }

  /// A burst of two segments of 64 KiB, the size in which hosts pass data to their links; a full queue takes 50 ms.
  private var rateQueue: String? { rate.map { "tbf rate \($0)bit burst 128kb latency 50ms" } }

  private var delayedQueue: String? {
    delay.map { "netem delay \(Int($0 / .microseconds(1)))us limit 10000" }
  }

  /// Shell: prints a line for each missing kernel feature that rate and delay need.
  var trial: String {
    var attempts: [(command: String, lacking: String)] = []
    if rate != nil {
      attempts += [
        ("ip link add lab3 type ifb", "no ifb device: load the kernel module ifb"),
        (
          "tc qdisc add dev lo root tbf rate 1mbit burst 128kb latency 50ms && tc qdisc delete dev lo root",
          "no tbf: load the kernel module sch_tbf"
        ),
        ("tc qdisc add dev lo handle ffff: ingress", "no ingress queue: load the kernel module sch_ingress"),
        (
          "tc filter add dev lo parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev lab3",
          "no redirection of packets: load the kernel modules cls_u32 and act_mirred"
        ),
      ]
    }
    if parallel != nil {
      // Only such a kernel has this file.
      attempts.append(
        (
          "[ -e /proc/sys/net/ipv4/fib_multipath_hash_policy ]",
          "no routes over several links: use a kernel with CONFIG_IP_ROUTE_MULTIPATH"
        ))
    }
    if delay != nil {
      attempts.append(
        (
          "tc qdisc add dev lo root netem delay 1ms && tc qdisc delete dev lo root",
          "no netem: load the kernel module sch_netem"
        ))
    }
    return attempts.map { "{ \($0.command); } 2> /dev/null || echo \"\($0.lacking)\"" }.joined(
      separator: "\n")
  }
}
