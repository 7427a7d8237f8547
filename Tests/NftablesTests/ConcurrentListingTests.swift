import Glibc
import NamespaceTesting
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
}
