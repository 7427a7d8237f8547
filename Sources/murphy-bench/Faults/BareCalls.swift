import Glibc
import IsolatedHost
import Linux
import Netlink
import Nftables
import Scenario

/// The calls that the faults consist of, without an agent, on open handles in this process. Their times are the limit
/// for any agent. Each call is undone outside the measured time.
struct BareCalls {
  static let linkDown = "a link set down"
  static let linksDown = "2 links set down"
  static let qdisc = "a qdisc added"
  static let element = "a set element added"
  static let table = "a whole nft table"

  private let routes: RouteSocket
  private let nftables: NftablesContext
  private let links: [Int32]
  private let table: Table
  private let passing: Table
  private static let set: NftablesName = "cut"

  /// Opens the handles, and creates the table whose set gets the elements.
  init() throws {
    routes = try RouteSocket()
    nftables = try NftablesContext()
    var links: [Int32] = []
    for name in IsolatedHost.links { links.append(try routes.link(.name(name)).index) }
    self.links = links
    table = try Self.table(named: "bench_standing")
    passing = try Self.table(named: "bench_passing")
    try nftables.create(table)
  }

  /// The table of a silent cut of all links.
  private static func table(named name: NftablesName) throws -> Table {
    var chains: [Chain] = []
    for link in IsolatedHost.links {
      let device = try InterfaceName(link)
      chains.append(
        Chain(
          try NftablesName("in_\(link)"), at: .ingress(device: device), priority: -400,
          rules: [.drop(.inputInterfaceIn(set))]))
      chains.append(
        Chain(
          try NftablesName("out_\(link)"), at: .egress(device: device), priority: -400,
          rules: [.drop(.outputInterfaceIn(set))]))
    }
    return Table(.init(.netdev, name), sets: [NamedSet(set, of: .interfaceName)], chains: chains)
  }

  /// Measures each call twice: after a rest, like an agent that has waited, and again immediately.
  ///
  /// The difference is large. A link that just came up has no queues yet, and goes down faster. After some milliseconds
  /// of idleness the caches are cold and, on a virtual machine, the processor isn't ready. A real fault always follows
  /// a rest.
  func measure(into figures: inout Figures) throws {
    try twice(Self.linkDown, &figures, undoing: linksUp) { try routes.setUp(false, .index(links[0])) }
    try twice(Self.linksDown, &figures, undoing: linksUp) {
      for link in links { try routes.setUp(false, .index(link)) }
    }
    let bucket = try Qdisc.tokenBucket(
      bytesPerSecond: 1_250_000, burst: 16 << 10, queueMicroseconds: 50_000, handle: .init(major: 1))
    try twice(Self.qdisc, &figures, undoing: { try routes.deleteQdisc(bucket.handle, from: links[0]) }) {
      try routes.add(bucket, to: links[0])
    }
    let element = NamedSet.Element(.interface("bench"), timeout: .seconds(60))
    try twice(Self.element, &figures, undoing: removeElement) {
      try nftables.add([element], to: Self.set, of: table.id)
    }
    try twice(Self.table, &figures, undoing: removeTable) { try nftables.create(passing) }
  }

  private func twice(
    _ name: String, _ figures: inout Figures, undoing undo: () throws -> Void, _ call: () throws -> Void
  ) throws {
    usleep(10_000)
    for section in [Figures.Section.rested, .warm] {
      figures.add(section, name, try time(call))
      try undo()
    }
  }

  func linksUp() throws { for link in links { try routes.setUp(true, .index(link)) } }

  func removeElement() throws { try nftables.remove(.interface("bench"), from: Self.set, of: table.id) }

  func removeTable() throws { try nftables.delete(passing.id) }

  /// The arguments of nft(8) that add the element.
  var elementWords: [String] {
    ["add", "element", "netdev", "\(table.id.name)", "\(Self.set)", "{ \"bench\" timeout 60s }"]
  }

  /// The whole table in nft(8)'s language, as the kernel lists it.
  func tableText() throws -> String {
    try nftables.create(passing)
    let text = try nftables.text(of: passing.id)
    try removeTable()
    return text
  }
}

/// The duration of a body.
func time(_ body: () throws -> Void) rethrows -> Nanoseconds {
  let begin = Clock.monotonic.now
  try body()
  return Nanoseconds(Clock.monotonic.now - begin)
}
