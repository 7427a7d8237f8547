import Comparison
import Metrics
import Scenario
import Statistics

/// All runs of a scenario on a fleet, and what they show together.
///
/// Others search for the time of a change. The fingerprints show when conditions changed, so this tests what changed
/// with them, and searches only within stretches of equal conditions.
package struct History: Sendable {
  package let scenario: String
  package let title: String
  package let fleet: String
  /// In the order in which they began.
  package let runs: [RunRecord]
  /// The objective that decides, as the latest run with a judgement has it; nil if there is none with `max`.
  package let primary: Objective?
  package let segments: [Segment]
  /// The latest run with a value against the earlier ones of its segment; nil without a value.
  package let latest: LatestRun?
  /// The most likely time of a change within the latest segment, although no condition changed; nil if none is shown.
  package let unknownChange: UnknownChange?
  /// Whether the values rise or fall within the latest segment, since the last change; nil for fewer than four runs.
  package let creep: Creep?
  /// By objective with `max` of the latest run with a value: the share of the limit that it used.
  package let marginsUsed: [MarginUsed]
  /// The promises over the trials of all runs.
  package let safety: [Safety]
  /// The objectives of the latest segment over its trials.
  package let rates: [(objective: Objective, met: Proportion)]
  package let age: Age

  /// - Parameters:
  ///   - runs: the runs of one scenario on one fleet; at least one.
  ///   - now: in seconds since 1970.
  ///   - period: the longest time between two runs, in seconds.
  package init(_ runs: [RunRecord], now: Int, period: Int) {
    let runs = runs.sorted { ($0.began, $0.name) < ($1.began, $1.name) }
    self.runs = runs
    scenario = runs.last?.scenario ?? ""
    title = runs.last?.title ?? ""
    fleet = runs.last?.fleet ?? ""
    let primary = runs.last { $0.primary != nil }?.primary?.objective
    let segments = primary.map { Segment.all(runs, key: $0.key) } ?? []
    self.primary = primary
    self.segments = segments
    let values = primary.flatMap { segments.last?.values(of: $0.key) } ?? []
    latest = LatestRun(values)
    let recent = Array(values.suffix(Self.mostSearched))
    let unknownChange = UnknownChange(recent)
    self.unknownChange = unknownChange
    creep = primary.flatMap {
      Creep(Array(recent.suffix(from: unknownChange?.index ?? 0)), limit: Double($0.limit))
    }
    let valued = runs.last { $0.results.contains { $0.median != nil } }
    marginsUsed = (valued?.results ?? []).compactMap(MarginUsed.init)
    safety = Safety.Kind.allCases.compactMap { kind in
      let all = runs.flatMap(\.safety).filter { $0.kind == kind }
      return all.isEmpty
        ? nil
        : Safety(
          kind: kind, trials: all.reduce(0) { $0 + $1.trials }, failures: all.reduce(0) { $0 + $1.failures })
    }
    let judged = segments.last?.runs ?? []
    rates = (valued?.results ?? []).compactMap { result in
      let results = judged.compactMap { $0.results.first { $0.objective == result.objective } }
      let met = results.reduce(0) { $0 + $1.met }
      let all = results.reduce(met) { $0 + $1.missed + $1.undecided }
      return all == 0 ? nil : (result.objective, Proportion(met, of: all))
    }
    age = Age(runs, now: now, period: period)
  }

  /// The most runs of a segment in which a change or a trend is searched: the last ones.
  static let mostSearched = 60

  /// The histories of all scenarios, each per fleet, sorted by name.
  package static func all(_ runs: [RunRecord], now: Int, period: Int) -> [History] {
    all(runs, now: now) { _, _ in period }
  }

  /// The same, with a period for each scenario and fleet.
  package static func all(
    _ runs: [RunRecord], now: Int, period: (_ scenario: String, _ fleet: String) -> Int
  ) -> [History] {
    Dictionary(grouping: runs) { [$0.scenario, $0.fleet] }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map { History($0.value, now: now, period: period($0.key[0], $0.key[1])) }
  }

  /// The latest run with any outcome except a refusal.
  package var lastMade: RunRecord? { runs.last(where: \.isMade) }

  /// The difference between runs without a change, as a share of the value: the greatest among the last twelve pairs of
  /// neighbouring runs with equal conditions. Nil for fewer than five pairs, which are too few to measure it.
  package var allowance: Double? {
    guard let key = primary?.key else { return nil }
    let ratios = segments.flatMap { segment -> [Double] in
      let middles = segment.values(of: key).map { ($0.value.low + $0.value.high) / 2 }
      return zip(middles, middles.dropFirst()).compactMap { former, later in
        // A value that is zero or not bounded has no ratio.
        former > 0 && (later / former).isFinite ? abs(later / former - 1) : nil
      }
    }
    return ratios.count < Self.fewestPairs ? nil : ratios.suffix(Self.mostPairs).max()
  }

  /// The allowance that the runs of a side's scenario on its fleet show; nil if they are too few.
  package static func allowance(_ runs: [RunRecord], like side: ComparedSide) -> Double? {
    guard let run = side.runs.last else { return nil }
    let alike = runs.filter { $0.scenario == run.scenario.name && $0.fleet == run.fleet.name }
    return alike.isEmpty ? nil : History(alike, now: 0, period: 0).allowance
  }

  private static let fewestPairs = 5
  private static let mostPairs = 12
}

extension SideComparison {
  /// The names of the runs that are in no side, and have the scenario, fleet and probes of one of its runs, in the order
  /// of time: a run's name begins with it.
  ///
  /// - Parameter alternated: runs in which two settings took turns.
  package func others(among runs: [RunRecord], and alternated: [AlternatedRun] = []) -> [String] {
    let compared = base.runs + candidate.runs
    let own = compared.flatMap(\.conditions)
    func isAlike(_ conditions: Conditions) -> Bool {
      own.contains { $0.scenario == conditions.scenario && $0.digests == conditions.digests }
    }
    let single = runs.filter { $0.isMade && isAlike($0.conditions) }.map(\.name)
    let both = alternated.flatMap { $0.base.runs + $0.candidate.runs }
      .filter { !$0.trials.isEmpty && $0.conditions.contains(where: isAlike) }.map(\.name)
    return Set(single + both).subtracting(compared.map(\.name)).sorted()
  }
}

extension RunRecord {
  /// Whether it tested the platform at all.
  package var isMade: Bool { outcome != .refused && trials > 0 }
}
