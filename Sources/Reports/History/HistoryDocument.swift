import Comparison
import History
import Metrics
import Scenario
import Statistics

/// One history, for `history.json`.
struct HistoryDocument: Encodable {
  let scenario: String
  let fleet: String
  let verdict: String
  let sentences: [String]
  let findings: [Finding]
  let age: Int?
  let period: Int
  let isStale: Bool
  let objective: String?
  let limit: Int64?
  let segments: [Part]
  let marginsUsed: [Used]
  let creep: Slope?
  let unknownChange: Unknown?
  let latest: Latest?
  let allowance: Double?
  let safety: [Safety]
  let gaps: [Gap]

  struct Finding: Encodable {
    let kind: String
    let severity: String
    let text: String
  }

  struct Bounds: Encodable {
    let low: Double
    /// Nil for no bound.
    let high: Double?

    init(_ value: BoundedValue) { self.init(value.low, value.high) }

    init(_ low: Double, _ high: Double) {
      self.low = low
      self.high = high.isFinite ? high : nil
    }
  }

  struct Run: Encodable {
    let run: String
    let folder: String
    let began: Int
    let outcome: String
    let trials: Int
    let void: Int
    let median: Bounds?
    let reason: String?
  }

  struct Part: Encodable {
    let changes: [ComparisonDocument.Changed]
    let effect: String?
    let chance: Double?
    let runs: [Run]
  }

  struct Used: Encodable {
    let objective: String
    let share: Bounds
  }

  struct Slope: Encodable {
    let runs: Int
    let chance: Double
    let isShown: Bool
    let direction: String
    /// Per second.
    let slope: Bounds?
    let reachesLimit: Int?
  }

  struct Unknown: Encodable {
    let before: String
    let after: String
    let direction: String
    let chance: Double
    let former: Bounds
    let later: Bounds
  }

  struct Latest: Encodable {
    let run: String
    let earlier: Int
    let finding: String
    let chance: Double?
    let direction: String?
  }

  struct Gap: Encodable {
    let from: Int
    let to: Int
    let reasons: [String]
  }

  init(_ history: History) {
    let words = HistoryWords(history: history)
    scenario = history.scenario
    fleet = history.fleet
    verdict = words.verdict
    sentences = words.sentences
    findings = history.findings.map {
      Finding(kind: $0.key, severity: $0.severity.rawValue, text: words.verdict(of: $0))
    }
    age = history.age.seconds
    period = history.age.period
    isStale = history.age.isStale
    objective = history.primary?.key
    limit = history.primary?.limit
    segments = history.segments.map { segment in
      Part(
        changes: segment.changes.map(ComparisonDocument.Changed.init),
        effect: segment.effect.map { $0.claim?.claim.rawValue ?? "undecided" },
        chance: segment.effect?.claim?.chance,
        runs: segment.runs.map { run in
          Run(
            run: run.name, folder: run.folder, began: run.began, outcome: run.outcome.rawValue,
            trials: run.trials, void: run.void,
            median: history.primary.flatMap { run.median(of: $0.key) }.map(Bounds.init), reason: run.reason)
        })
    }
    marginsUsed = history.marginsUsed.map {
      Used(objective: $0.objective.key, share: Bounds($0.low, $0.high))
    }
    creep = history.creep.map { creep in
      Slope(
        runs: creep.runs, chance: creep.trend.chance, isShown: creep.isShown,
        direction: creep.direction.rawValue,
        slope: creep.trend.slope.flatMap { $0.low.isFinite ? Bounds($0.low, $0.high) : nil },
        reachesLimit: creep.reaches)
    }
    unknownChange = history.unknownChange.map {
      Unknown(
        before: $0.before, after: $0.after, direction: $0.direction.rawValue, chance: $0.chance,
        former: Bounds($0.former), later: Bounds($0.later))
    }
    latest = history.latest.map { latest in
      let (finding, direction, chance): (String, Direction?, Double?) =
        switch latest.finding {
        case .tooFew: ("too-few", nil, nil)
        case .within: ("within", nil, nil)
        case .watch(let direction, let chance): ("watch", direction, chance)
        case .changed(let direction, let chance): ("changed", direction, chance)
        }
      return Latest(
        run: latest.run.name, earlier: latest.earlier, finding: finding, chance: chance,
        direction: direction?.rawValue)
    }
    allowance = history.allowance
    safety = history.safety
    gaps = history.age.gaps.map { Gap(from: $0.from, to: $0.to, reasons: $0.reasons) }
  }
}
