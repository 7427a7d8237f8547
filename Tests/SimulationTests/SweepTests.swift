import Faults
import Scenario
import Testing

@testable import Simulation

/// Thousands of runs with random failures. The simulation's referee checks the invariants.
@Suite struct SweepTests {
  private static let seeds = 1...2300 as ClosedRange<UInt64>

  @Test("No simulated run breaks an invariant, and the adversary reaches every kind of event")
  func whateverHappens() async {
    let parts = 8 as UInt64
    let tally = await withTaskGroup(of: [Happened: Int].self) { group in
      for part in 0..<parts {
        group.addTask { await Self.play(Self.seeds.filter { $0 % parts == part }) }
      }
      return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
    // If the adversary never does one of these, the runs prove nothing about it.
    for what in Happened.allCases {
      #expect(
        tally[what, default: 0] >= Self.least[what, default: 10], "\(what.rawValue): \(tally[what] ?? 0)")
    }
  }

  /// Events that are rare.
  private static let least: [Happened: Int] = [
    .runWithFault: 800, .faultsActive: 2, .byRecover: 1, .byPower: 4, .writeCut: 4,
    .late: 4, .byKernel: 4,
  ]

  /// Seeds outside of the sweep.
  @Test(
    "A run that broke an invariant once breaks none now",
    arguments: [3266, 4300, 6417, 9170, 9185, 22845, 24054, 36693, 52660, 79208, 94657] as [UInt64])
  func again(seed: UInt64) {
    let breach = Simulation(seed: seed, catalogue: Catalogue.builtIn).run().breach
    #expect(breach == nil, "murphy-simulate --seed \(seed)")
  }

  /// A fault that refuses its steps would never be injected, and no invariant would notice that.
  @Test("Each fault accepts the steps that the simulation makes of it") func stepsAreAccepted() throws {
    let catalogue = Catalogue.builtIn
    var chosen: Set<String> = []
    for seed in 1...400 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let course = Course(of: catalogue, using: &random)
      for step in course.scenario.timeline {
        _ = try catalogue.assignments(for: step, on: course.fleet.hosts[0], in: course.fleet)
        chosen.insert(step.fault)
      }
    }
    #expect(chosen == Set(catalogue.descriptions.map(\.name)))
  }

  private static func play(_ seeds: [UInt64]) async -> [Happened: Int] {
    var tally: [Happened: Int] = [:]
    for seed in seeds {
      // The other tests' tasks use these threads too.
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
