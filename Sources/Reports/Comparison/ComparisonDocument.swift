import Comparison
import Metrics
import Scenario
import Statistics

/// One candidate against the base, for `comparison.json`.
struct ComparisonDocument: Encodable {
  let base: Side
  let candidate: Side
  let verdict: String
  let sentences: [String]
  let design: String
  let allowance: Double?
  let differences: [Changed]
  let metrics: [Measured]
  let safety: [Damage]
  let phases: [Phase]
  let drifts: [Drift]
  /// Runs that are in no side. Nil if the compared runs have no common folder.
  let otherRuns: [String]?

  struct Side: Encodable {
    let label: String
    let runs: [String]
    /// The trials that are not void.
    let judgedTrials: Int
    /// Those whose value had not ended when observation ended.
    let unendedTrials: Int
    /// Those in which the platform did not recover.
    let unrecoveredTrials: Int

    init(_ side: ComparedSide, _ recovery: SideRecovery) {
      label = side.label
      runs = side.runs.map(\.name)
      judgedTrials = recovery.trials
      unendedTrials = recovery.unended
      unrecoveredTrials = recovery.unrecovered
    }
  }

  struct Changed: Encodable {
    let key: String
    let base: [String]
    let candidate: [String]
    let isDeclared: Bool

    init(_ difference: Difference) {
      key = difference.key
      base = difference.base
      candidate = difference.candidate
      isDeclared = difference.isDeclared
    }
  }

  struct Bounds: Encodable {
    /// Nil for no bound.
    let low: Double?
    let high: Double?

    init(_ low: Double, _ high: Double) {
      self.low = low.isFinite ? low : nil
      self.high = high.isFinite ? high : nil
    }
  }

  struct Tested: Encodable {
    let against: Int
    let pairs: Int
    let chance: Double
    let holds: Bool
  }

  struct Measured: Encodable {
    let key: String
    let role: String
    let marginRelative: Double
    let marginAbsolute: Double
    let base: [Bounds?]
    let candidate: [Bounds?]
    let claims: [String: Tested]
    let difference: Bounds?
    let interval: Bounds?
    let ratio: Bounds?

    init(_ metric: MetricComparison, role: String) {
      key = metric.key
      self.role = role
      marginRelative = metric.margin.relative
      marginAbsolute = metric.margin.absolute
      base = metric.base.map { $0.bounds.map { Bounds($0.low, $0.high) } }
      candidate = metric.candidate.map { $0.bounds.map { Bounds($0.low, $0.high) } }
      claims = Dictionary(
        uniqueKeysWithValues: metric.evidence.map { claim, evidence in
          (
            claim.rawValue,
            Tested(
              against: evidence.against, pairs: evidence.pairs, chance: evidence.chance, holds: evidence.holds
            )
          )
        })
      difference = metric.difference.estimate.map { Bounds($0.low, $0.high) }
      interval = metric.difference.interval.map { Bounds($0.low, $0.high) }
      ratio = metric.ratio?.interval.map { Bounds($0.low, $0.high) }
    }
  }

  struct Damage: Encodable {
    let kind: String
    let base: Int
    let candidate: Int
  }

  struct Phase: Encodable {
    let until: String
    let base: Int64?
    let candidate: Int64?
  }

  struct Drift: Encodable {
    let side: String
    let rises: Bool
    let chance: Double
    let isShown: Bool

    init(_ drift: SideComparison.Drift) {
      side = drift.isCandidate ? "candidate" : "base"
      rises = drift.trend.rises > 0
      chance = drift.trend.chance
      isShown = drift.isShown
    }
  }

  init(_ comparison: SideComparison) {
    let words = ComparisonWords(comparison: comparison)
    base = Side(comparison.base, comparison.recovery.base)
    candidate = Side(comparison.candidate, comparison.recovery.candidate)
    verdict = words.key
    sentences = words.sentences
    switch comparison.design {
    case .interleaved: (design, allowance) = ("interleaved", nil)
    case .separate(let share, _): (design, allowance) = ("separate", share)
    }
    differences = comparison.differences.map(Changed.init)
    metrics =
      (comparison.primary.map { [Measured($0, role: "primary")] } ?? [])
      + comparison.secondary.map { Measured($0.comparison, role: "secondary") }
      + comparison.others.map { Measured($0, role: "shown") }
    drifts = comparison.drifts.map(Drift.init)
    otherRuns = comparison.otherRuns
    safety = comparison.safety.map { Damage(kind: $0.kind.rawValue, base: $0.base, candidate: $0.candidate) }
    phases = comparison.phases.map {
      Phase(until: $0.until.rawValue, base: $0.base?.count, candidate: $0.candidate?.count)
    }
  }
}
