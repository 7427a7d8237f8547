import Faults
import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Simulation
import Testing

/// A seed gives the same run, byte for byte, in this process and in any other.
@Suite struct DeterminismTests {
  @Test("The same seed gives the same run")
  func theSameSeedIsTheSameRun() throws {
    var digests: Set<String> = []
    for seed in 1...20 as ClosedRange<UInt64> {
      let first = Simulation(seed: seed, catalogue: Catalogue.builtIn).run()
      let second = Simulation(seed: seed, catalogue: Catalogue.builtIn).run()
      #expect(try first.digest() == second.digest())
      #expect(first.tally == second.tally)
      digests.insert(try first.digest())
    }
    #expect(digests.count == 20)
  }

  /// Each process has another seed for hashing, so an order that depends on a set or a dictionary would fail here.
  @Test("Another process gives the same run for a seed", arguments: [3, 7, 400])
  func anotherProcessPlaysTheSameRun(seed: UInt64) throws {
    let first = try replay(seed)
    #expect(first == (try replay(seed)))
    let digest = try Simulation(seed: seed, catalogue: Catalogue.builtIn).run().digest()
    #expect(first.contains("digest of the journal: \(digest)"))
    #expect(first.contains("journal: phaseBegan"))
  }

  private func replay(_ seed: UInt64) throws -> String {
    try ChildProcess.run([TestProducts.simulate, "--seed", "\(seed)"]).success()
  }
}
