import Faults
import Testing

@testable import Simulation

/// Thousands of runs in which everything may go wrong. What must hold is checked by the simulation's referee.
@Suite struct SweepTests {
  private static let seeds = 1...2000 as ClosedRange<UInt64>

  @Test func whateverHappens() async {
    let parts = 8 as UInt64
    let tally = await withTaskGroup(of: [Happened: Int].self) { group in
      for part in 0..<parts {
        group.addTask { await Self.play(Self.seeds.filter { $0 % parts == part }) }
      }
      return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
    // An adversary that never does a thing proves nothing of it.
    for what in Happened.allCases {
      #expect(
        tally[what, default: 0] >= Self.least[what, default: 10], "\(what.rawValue): \(tally[what] ?? 0)")
    }
  }

  /// What comes together only seldom.
  private static let least: [Happened: Int] = [
    .runWithFault: 800, .faultsActive: 2, .byRecover: 1, .byPower: 4, .writeCut: 4,
  ]

  private static func play(_ seeds: [UInt64]) async -> [Happened: Int] {
    var tally: [Happened: Int] = [:]
    for seed in seeds {
      // The other tests' tasks share these threads.
      await Task.yield()
      let outcome = Simulation(seed: seed, catalogue: Catalogue.builtIn).run()
      tally.merge(outcome.tally, uniquingKeysWith: +)
      if let breach = outcome.breach {
        Issue.record("murphy-simulate --seed \(seed): \(breach)")
        break
      }
    }
    return tally
  }
}
