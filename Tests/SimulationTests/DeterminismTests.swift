import Faults
import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Simulation
import Testing

/// A seed is a run, to the last byte, in this process and in any other.
@Suite struct DeterminismTests {
  @Test func theSameSeedIsTheSameRun() throws {
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

  /// Each process hashes by a seed of its own, so an order that comes from a set's or a dictionary's would show here.
  @Test(arguments: [3, 7, 400]) func anotherProcessPlaysTheSameRun(seed: UInt64) throws {
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
