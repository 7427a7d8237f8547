import Glibc
import IsolatedHost
import Linux
import Netlink
import Nftables
import Scenario

/// What the faults come down to, without an agent: the calls on handles that are open already, in this process. Their
/// times are the limit that no agent can pass. Each call is undone outside of the time that is taken.
struct BareCalls {
  static let linkDown = "a link set down"
  static let linksDown = "2 links set down"
  static let element = "a set element added"
  static let table = "a whole nft table"

  private let routes: RouteSocket
  private let nftables: NftablesContext
  private let links: [Int32]
  private let standing: Table
  private let passing: Table
  private static let set: NftablesName = "cut"

  /// Opens the handles, and makes the table whose set takes the elements.
  init() throws {
    routes = try RouteSocket()
    nftables = try NftablesContext()
    var links: [Int32] = []
    for name in IsolatedHost.links { links.append(try routes.link(.name(name)).index) }
    self.links = links
    standing = try Self.table(named: "bench_standing")
    passing = try Self.table(named: "bench_passing")
    try nftables.create(standing)
  }

  /// A table as a silent cut of all links has it.
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

  /// Takes each time twice: at rest, as an agent that waited finds the kernel and itself; and again at once.
  ///
  /// The difference is large: a link that came up this very moment hasn't got its queues yet, and goes down without
  /// them; and after some milliseconds of idleness neither the caches nor, on a virtual machine, the processor are at
  /// hand. A fault never finds it warm.
  func measure(into figures: inout Figures) throws {
    try twice(Self.linkDown, &figures, undoing: linksUp) { try routes.setUp(false, .index(links[0])) }
    try twice(Self.linksDown, &figures, undoing: linksUp) {
      for link in links { try routes.setUp(false, .index(link)) }
    }
    let element = NamedSet.Element(.interface("bench"), timeout: .seconds(60))
    try twice(Self.element, &figures, undoing: removeElement) {
      try nftables.add([element], to: Self.set, of: standing.id)
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

  /// Sets all links up again.
  func linksUp() throws { for link in links { try routes.setUp(true, .index(link)) } }

  /// Removes the element that was added.
  func removeElement() throws { try nftables.remove(.interface("bench"), from: Self.set, of: standing.id) }

  /// Removes the table that was made.
  func removeTable() throws { try nftables.delete(passing.id) }

  /// nft(8)'s words that add the element.
  var elementWords: [String] {
    ["add", "element", "netdev", "\(standing.id.name)", "\(Self.set)", "{ \"bench\" timeout 60s }"]
  }

  /// The whole table in nft(8)'s language, as the kernel lists it.
  func tableText() throws -> String {
    try nftables.create(passing)
    let text = try nftables.text(of: passing.id)
    try removeTable()
    return text
  }
}

/// How long a body takes.
func time(_ body: () throws -> Void) rethrows -> Nanoseconds {
  let begin = Clock.monotonic.now
  try body()
  return Nanoseconds(Clock.monotonic.now - begin)
}
