import Scenario

/// An objective and its measurement.
package struct ObjectiveResult: Encodable, Equatable, Sendable {
  package var objective: Objective
  package var figure: Figure
  package var verdict: Verdict
  /// The used share of the limit, for an upper limit of a duration; nil for another one.
  package var used: LimitShare?
  /// The probe whose unknown samples leave it undecided; nil if none does.
  package var doubt: Doubt?

  package enum Verdict: Equatable, Sendable {
    /// The whole interval is within the limit.
    case met
    /// The whole interval is beyond the limit, or an outage or a recovery did not end.
    case missed
    /// The interval contains the limit, or the trial was aborted before a decision was possible. The objective is
    /// neither met nor missed, and the run can't pass with it.
    case undecided
    /// The value can't be judged, for this reason.
    case void(String)
  }

  /// Judges an objective by the value of a trial.
  ///
  /// - In a void trial no objective is met. Lost and torn writes, residue and split-brain count as missed all the
  ///   same.
  /// - What was not observed is void, with the reason: a missing measurement never meets an objective.
  /// - A censored duration counts as infinite: `max` and `exactly` are missed, `min` is met. In an aborted trial it
  ///   might still have ended in time, so below the limit it is undecided.
  /// - In an aborted trial, a value that could still grow meets no `max`, and misses no `min`.
  /// - What rests on a probe of whose samples too many are unknown is undecided, damage excepted.
  init(_ objective: Objective, in trial: TrialMetrics) {
    self.objective = objective
    figure = trial.figure(objective.metric, of: objective.subject)
    if objective.relation == .max, case .span(let span) = figure {
      used = LimitShare(span, of: Nanoseconds(objective.limit))
    }
    var judged = Self.judge(figure, objective, aborted: trial.aborted != nil)
    let isJudged = if case .void = judged { false } else { trial.void == nil }
    if isJudged, !objective.metric.traits.contains(.isDamage) {
      doubt = trial.probes(behind: objective).lazy.compactMap(Doubt.init).first
      if doubt != nil { judged = .undecided }
    }
    verdict =
      if let reason = trial.void, !(judged == .missed && objective.metric.traits.contains(.isDamage)) {
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
    // A value that grows until observation ends has no upper bound after an abort.
    let most = aborted && objective.metric.traits.contains(.grows) ? Int64.max : high
    switch objective.relation {
    case .max: return most <= limit ? .met : low > limit ? .missed : .undecided
    case .min: return low >= limit ? .met : most < limit ? .missed : .undecided
    case .exactly:
      if low == limit, most == limit { return .met }
      return low > limit || most < limit ? .missed : .undecided
    }
  }
}

extension ObjectiveResult.Verdict: Encodable {
  private enum Key: String, CodingKey { case verdict, reason }

  /// Writes `{"verdict":"met"}`, with the reason if there is one.
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
