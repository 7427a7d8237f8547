import Scenario

/// An objective beside what was measured.
package struct ObjectiveResult: Encodable, Equatable, Sendable {
  /// What was demanded.
  package var objective: Objective
  /// What was measured.
  package var figure: Figure
  /// Whether it holds.
  package var verdict: Verdict

  /// Whether an objective holds.
  package enum Verdict: Equatable, Sendable {
    /// The whole interval lies on the demanded side.
    case met
    /// The whole interval lies beyond the limit, or what was to end never did.
    case missed
    /// The bounds lie on both sides of the limit, or the trial was ended before it could be told. Neither met nor
    /// missed: the run can't pass with it.
    case undecided
    /// Nothing was measured that could be judged: why.
    case void(String)
  }

  /// Judges an objective by the value that a trial yields.
  ///
  /// - A void trial meets nothing. What it lost, tore, left behind or has in split-brain is missed all the same.
  /// - What was not observed is void, with the reason: never met for want of a measurement.
  /// - A censored duration ranks as infinite: `max` and `exactly` are missed, `min` is met. In a trial that was
  ///   ended early it may yet have come in time, so below the limit it is undecided.
  /// - In a trial that was ended early, what would have grown is met by no `max`, and missed by no `min`.
  init(_ objective: Objective, in trial: TrialMetrics) {
    self.objective = objective
    figure = trial.figure(objective.metric, of: objective.subject)
    let judged = Self.judge(figure, objective, aborted: trial.aborted != nil)
    verdict =
      if let reason = trial.void, !(judged == .missed && objective.metric.countsDamage) {
        .void(reason)
      } else {
        judged
      }
  }

  static func judge(_ figure: Figure, _ objective: Objective, aborted: Bool) -> Verdict {
    let limit = objective.limit
    let low: Int64
    let high: Int64
    switch figure {
    case .count(.notObserved(let reason)), .span(.notObserved(let reason)): return .void(reason)
    case .span(.censored(let bound)):
      if objective.relation == .min { return .met }
      return aborted && bound.count <= limit ? .undecided : .missed
    case .count(.counted(let count)): (low, high) = (Int64(count), Int64(count))
    case .span(.measured(let interval)): (low, high) = (interval.low.count, interval.high.count)
    }
    // What grows until observation ends may have grown without limit after an early end.
    let most = aborted && objective.metric.grows ? Int64.max : high
    switch objective.relation {
    case .max: return most <= limit ? .met : low > limit ? .missed : .undecided
    case .min: return low >= limit ? .met : most < limit ? .missed : .undecided
    case .exactly:
      if low == limit, most == limit { return .met }
      return low > limit || most < limit ? .missed : .undecided
    }
  }
}

extension Metric {
  /// Whether the metric counts damage, which is damage whatever the fault did.
  var countsDamage: Bool {
    switch self {
    case .lost, .torn, .splitBrain, .residue: true
    default: false
    }
  }

  /// Whether the figure can still grow while a trial is observed.
  var grows: Bool {
    switch self {
    case .downtime, .outages, .longestOutage, .failedRequests, .latencyP99, .timeToFullRedundancy,
      .splitBrain:
      true
    case .timeToEffect, .timeToRecover, .timeToFailOver, .timeToDetect, .lost, .torn, .residue: false
    }
  }
}

extension ObjectiveResult.Verdict: Encodable {
  private enum Key: String, CodingKey { case verdict, reason }

  /// Writes `{"verdict":"met"}`, with the reason where there is one.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .met: try container.encode("met", forKey: .verdict)
    case .missed: try container.encode("missed", forKey: .verdict)
    case .undecided: try container.encode("undecided", forKey: .verdict)
    case .void(let reason):
      try container.encode("void", forKey: .verdict)
      try container.encode(reason, forKey: .reason)
    }
  }
}
