import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Linux
import NamespaceTesting
import Netlink
import Nftables
import Scenario
import Testing

@testable import Agent
import AgentProtocol
@testable import Faults

/// The properties of every fault in the catalogue, in each of its modes.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct LeaseContractTests {
  /// A keeper whose disk is real, and whose parts can fail.
  private struct Keeper: LeaseKeeper {
    struct Failed: Error {}
    var folder: LeaseFolder
    var order: FaultOrder
    var failing = ""

    func record(undo: Data) throws {
      if failing == "record" { throw Failed() }
      try folder.write(try lease(order, undo))
    }
    func startWatchdog() throws { if failing == "watchdog" { throw Failed() } }
    func announce() throws { if failing == "announce" { throw Failed() } }
  }

  private static func lease(_ order: FaultOrder, _ undo: Data) throws -> Lease {
    Lease(
      name: "a1", run: "run-1", order: order, undo: undo, boot: try Clock.bootIdentity(),
      deadline: try deadline, cutsControlPath: false)
  }

  private static var deadline: Nanoseconds {
    get throws { Nanoseconds(Clock.boottime.now) + .seconds(600) }
  }

  /// The assignment and the undo are written to disk and read again, as another process would do it later.
  @Test(
    "Every fault is reverted from its lease file alone, as another process would do it",
    arguments: Catalogue.builtIn.cases.filter { [.namespace, .domain, .process].contains($0.needs) })
  func everyFaultIsRevertedFromItsLeaseAlone(tried: FaultCase) async throws {
    let mark = "600.\(UInt32.random(in: 1...UInt32.max))"
    let order = try order(tried, hitting: mark)
    try await inNetworkNamespace {
      try withTemporaryFolder { path in
        let folder = LeaseFolder(path: path + "/leases")
        let network = try HostNetwork()
        let before = try network.snapshot()
        let ruleset = try NftablesContext().ruleset()
        var stopped: ChildProcess?
        defer { stopped?.kill() }
        if tried.needs == .process { stopped = try ChildProcess(["/usr/bin/sleep", mark]) }
        if order.fault.footprint.domains.isEmpty {
          let announced = try order.record(
            "a1", until: try Self.deadline, keptBy: Keeper(folder: folder, order: order),
            using: Instruments()
          ).guarded().armed().announced()
          try announced.inject()
          try eventually("\(tried) is active") { try announced.effect().evidence != nil }
        } else {
          // The tests on a real guest test libvirt's part. Here another process replaces the guest's.
          let child = try ChildProcess(["/bin/sleep", "600"])
          stopped = child
          let undo = try JSONEncoder().encode(
            VMFreeze.Undo(uuid: UUID(), name: "guest", process: child.identity))
          try folder.write(try Self.lease(order, undo))
        }
        let read = try LeaseFolder(path: folder.path).read("a1")
        #expect(read.order.name == tried.fault.name && read.order.fault.object == order.fault.object)
        if !order.fault.footprint.domains.isEmpty {
          // The other faults of domains need libvirt, which this test doesn't have.
          if ![.onDomain(.stopped), .onDomain(.gone)].contains(tried.variant.observed) { return }
          try order.trigger(read.undo, for: "a1", using: Instruments()).inject(.seconds(600))
        }
        #expect(try !read.order.residue(read.undo, using: Instruments()).isEmpty || stopped != nil)
        let revert = try folder.revert(read, cause: .recover, using: Instruments())
        #expect(revert.residue == [] && revert.cause == .recover)
        #expect(try network.differences(from: before) == [])
        #expect(try NftablesContext().ruleset() == ruleset)
      }
    }
  }

  @Test(
    "If any act before the injection fails, nothing is injected",
    arguments: ["record", "watchdog", "announce", "late"], ["carrier", "silent"])
  func nothingIsDoneWithoutEachPartOfTheLease(failing: String, mode: String) async throws {
    try await inNetworkNamespace {
      try withTemporaryFolder { path in
        let folder = LeaseFolder(path: path + "/leases")
        let network = try HostNetwork()
        let before = try network.snapshot()
        let order = try order("host.unplug", ["mode": mode])
        let deadline = failing == "late" ? Nanoseconds(Clock.boottime.now) : try Self.deadline
        #expect(throws: (any Error).self) {
          try order.record(
            "a1", until: deadline, keptBy: Keeper(folder: folder, order: order, failing: failing),
            using: Instruments()
          ).guarded().armed().announced().inject()
        }
        #expect(try network.differences(from: before) == [])
        let tables = try NftablesContext().tables()
        // Rules are prepared only after the lease is on disk and watched.
        #expect(tables.isEmpty == (mode == "carrier" || ["record", "watchdog"].contains(failing)))
        for table in tables {
          let sets = try #require(try NftablesContext().table(table)).sets
          #expect(sets.allSatisfy { $0.elements.isEmpty })
        }
        #expect(try folder.names().isEmpty == (failing == "record"))
      }
    }
  }
}
