import Scenario

/// An objective beside what was measured.
public struct ObjectiveResult: Encodable, Equatable, Sendable {
  /// What was demanded.
  public var objective: Objective
  /// What was measured.
  public var figure: Figure
  /// Whether it holds.
  public var verdict: Verdict

  /// Whether an objective holds.
  public enum Verdict: Equatable, Sendable {
    /// The whole interval lies on the demanded side.
    case met
    /// The whole interval lies beyond the limit, or what was to end never did.
    case missed
    /// The bounds lie on both sides of the limit, or the trial was ended before it could be told. The estimate
    /// tells whether it counts as missed.
    case undecided(countsAsMissed: Bool)
    /// Nothing was measured that could be judged: why.
    case void(String)
  }

  /// Judges an objective by the value that a trial yields.
  ///
  /// - A trial whose fault never became effective says nothing of the platform: void. What was lost, torn, left
  ///   behind or in split-brain stands all the same.
  /// - What was not observed is void, with the reason: never met for want of a measurement.
  /// - A censored duration ranks as infinite: `max` and `exactly` are missed, `min` is met. In a trial that was
  ///   ended early it may yet have come in time, so below the limit it is undecided, and counts as missed.
  init(_ objective: Objective, in trial: TrialMetrics) {
    self.objective = objective
    figure = trial.figure(objective.metric, of: objective.subject)
    if let reason = trial.void, !objective.metric.standsInVoidTrial {
      verdict = .void(reason)
    } else {
      verdict = Self.judge(figure, objective, aborted: trial.aborted != nil)
    }
  }

  /// Whether it counts as missed: missed, or undecided with the estimate beyond the limit.
  public var countsAsMissed: Bool {
    switch verdict {
    case .missed: true
    case .undecided(let countsAsMissed): countsAsMissed
    case .met, .void: false
    }
  }

  static func judge(_ figure: Figure, _ objective: Objective, aborted: Bool) -> Verdict {
    let limit = objective.limit
    switch figure {
    case .count(.notObserved(let reason)), .span(.notObserved(let reason)): return .void(reason)
    case .count(.counted(let count)):
      return holds(Int64(count), objective) ? .met : .missed
    case .span(.measured(let interval)):
      let (low, high) = (interval.low.count, interval.high.count)
      let within = holds(interval.estimate.count, objective)
      switch objective.relation {
      case .max, .min:
        if holds(low, objective) == holds(high, objective) { return within ? .met : .missed }
      case .exactly:
        if low == high { return within ? .met : .missed }
        if limit < low || limit > high { return .missed }
      }
      return .undecided(countsAsMissed: !within)
    case .span(.censored(let bound)):
      if objective.relation == .min { return .met }
      return aborted && bound.count <= limit ? .undecided(countsAsMissed: true) : .missed
    }
  }

  private static func holds(_ value: Int64, _ objective: Objective) -> Bool {
    switch objective.relation {
    case .max: value <= objective.limit
    case .min: value >= objective.limit
    case .exactly: value == objective.limit
    }
  }
}

extension Metric {
  /// Whether the metric tells of damage that is damage whatever the fault did.
  var standsInVoidTrial: Bool {
    switch self {
    case .lost, .torn, .splitBrain, .residue: true
    default: false
    }
  }
}

extension ObjectiveResult.Verdict: Encodable {
  private enum Key: String, CodingKey {
    case verdict, reason
    case countsAsMissed = "counts-as-missed"
  }

  /// Writes `{"verdict":"met"}`, with the reason or the count where there is one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .met: try container.encode("met", forKey: .verdict)
    case .missed: try container.encode("missed", forKey: .verdict)
    case .undecided(let countsAsMissed):
      try container.encode("undecided", forKey: .verdict)
      try container.encode(countsAsMissed, forKey: .countsAsMissed)
    case .void(let reason):
      try container.encode("void", forKey: .verdict)
      try container.encode(reason, forKey: .reason)
    }
  }
}
