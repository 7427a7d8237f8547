import Dispatch
import Glibc
import NamespaceTesting
import Synchronization
import Testing

@testable import Nftables

/// An agent reads tables on several threads: those that inject, those that revert, and the observer's.
@Suite(.enabled(if: getuid() == 0, "needs root: network namespaces"))
struct ConcurrentListingTests {
  @Test("Several threads can list tables at the same time")
  func threadsListAtOnce() async throws {
    let id = Table.ID(.inet, "murphy")
    let table = Table(
      id,
      sets: [
        NamedSet("lock", of: .networkProtocol, elements: [.init(.ipv4, timeout: .seconds(600))]),
        NamedSet("cut", of: .interfaceName, elements: [.init(.interface("eth0"), timeout: .seconds(600))]),
      ], chains: [])
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await inNetworkNamespace {
            let nft = try NftablesContext()
            try nft.create(table)
            var complete = 0
            for _ in 0..<1000 where try nft.table(id)?.sets.count == 2 { complete += 1 }
            return complete
          }
        }
      }
      for try await complete in group { #expect(complete == 1000) }
    }
  }

  @Test("A table that another program makes dormant and awake is read as one of both")
  func dormantMeanwhile() async throws {
    let id = Table.ID(.inet, "murphy")
    let chain = Chain("in", at: .input, priority: -500, rules: [.drop(.networkProtocolIn("lock"))])
    let made = Table(id, sets: [NamedSet("lock", of: .networkProtocol)], chains: [chain])
    try await inNetworkNamespace {
      nonisolated(unsafe) let reader = try NftablesContext()
      nonisolated(unsafe) let other = try NftablesContext()
      try reader.create(made)
      // The first reads, the second changes, each on its own thread.
      let failures = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 2) { worker in
        for _ in 0..<500 {
          do {
            if worker == 1 {
              try other.run("add table inet murphy { flags dormant; }")
              try other.run("add table inet murphy")
            } else {
              let read = try reader.table(id)
              if read?.hasFlags != true && read?.definition != made.definition {
                failures.withLock { $0.append("\(String(describing: read))") }
              }
            }
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
      }
      #expect(failures.withLock { $0 } == [])
    }
  }
}
