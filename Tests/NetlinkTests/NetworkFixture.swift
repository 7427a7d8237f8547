import Glibc
import Netlink
import Testing

/// Names of the links that tests create: two veth pairs.
enum TestLink {
  static let first = LinkSelector.name("left0")
  static let firstPeer = LinkSelector.name("right0")
  static let second = LinkSelector.name("left1")
  static let secondPeer = LinkSelector.name("right1")
}

/// Two veth pairs, up at all ends, with a carrier.
func layCables(_ socket: RouteSocket) throws {
  try socket.setUp(true, .name("lo"))
  for number in 0...1 {
    try socket.addVeth("left\(number)", peer: "right\(number)")
    for end in ["left\(number)", "right\(number)"] { try socket.setUp(true, .name(end)) }
  }
  try eventually("all cables have their carrier") {
    try socket.links().allSatisfy { $0.kind == nil || $0.operativeState == .up }
  }
}

/// Waits for an asynchronous change of the kernel. Fails after ten seconds.
func eventually(_ what: Comment, _ condition: () throws -> Bool) throws {
  for _ in 0..<1000 {
    if try condition() { return }
    usleep(10_000)
  }
  Issue.record(what)
}

func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

func gateway(_ text: String, _ link: Link) -> NextHop { NextHop(link: link.index, gateway: IPAddress(text)) }

/// TCA_OPTIONS of a token bucket filter: TCA_TBF_PARMS with struct tc_tbf_qopt, see linux/pkt_sched.h.
func tokenBucket(bytesPerSecond: UInt32) -> Octets {
  var words = [UInt32](repeating: 0, count: 9)
  words[0] = 1 << 8  // linklayer Ethernet
  words[2] = bytesPerSecond
  words[6] = 100_000  // limit in bytes
  words[7] = 156_250  // buffer in ticks of 64 ns: 10 ms
  return Octets(attribute(type: 1, words))
}

/// TCA_OPTIONS of a hierarchical token bucket: TCA_HTB_INIT with struct tc_htb_glob.
func hierarchy(defaultClass: UInt32) -> Octets { Octets(attribute(type: 2, [3, 10, defaultClass, 0, 0])) }

private func attribute(type: UInt16, _ words: [UInt32]) -> [UInt8] {
  let header = [UInt16(4 + words.count * 4), type]
  return header.withUnsafeBytes { Array($0) } + words.withUnsafeBytes { Array($0) }
}
