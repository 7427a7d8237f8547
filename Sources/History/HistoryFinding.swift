import Comparison
import Metrics
import Statistics

/// Something in a history that a person should act on.
package struct HistoryFinding: Equatable, Sendable {
  package var severity: Severity
  package var kind: Kind

  package enum Severity: String, Sendable {
    /// `history --check` fails.
    case failure
    /// `history --check` fails only if it must.
    case watch
  }

  package enum Kind: Equatable, Sendable {
    /// No run has tested the platform within the period.
    case stale
    /// The latest run was refused, so its result is older than it seems.
    case refused(RunRecord)
    /// The latest run did not meet everything.
    case notMet(RunRecord)
    /// The values are worse since a known change.
    case worseSinceChange(KnownChange, [Difference])
    case latest(LatestRun)
    case unknownChange(UnknownChange)
    case creep(Creep)
  }

  /// The kind's key in JSON.
  package var key: String {
    switch kind {
    case .stale: "stale"
    case .refused: "refused"
    case .notMet: "not-met"
    case .worseSinceChange: "worse-since-change"
    case .latest(let latest): if case .changed = latest.finding { "changed" } else { "watch" }
    case .unknownChange: "unknown-change"
    case .creep: "creep"
    }
  }
}

extension History {
  /// Everything to act on, failures first.
  package var findings: [HistoryFinding] {
    var failures: [HistoryFinding.Kind] = []
    var watched: [HistoryFinding.Kind] = []
    if age.isStale { failures.append(.stale) }
    if let last = runs.last, last.outcome == .refused { watched.append(.refused(last)) }
    if let last = lastMade, last.outcome != .met { failures.append(.notMet(last)) }
    if let segment = segments.last, let effect = segment.effect, effect.claim?.claim == .worse {
      failures.append(.worseSinceChange(effect, segment.changes))
    }
    if let latest {
      switch latest.finding {
      case .changed(.worse, _): failures.append(.latest(latest))
      case .watch(.worse, _): watched.append(.latest(latest))
      case .changed(.better, _), .watch(.better, _), .within, .tooFew: break
      }
    }
    if let unknownChange, unknownChange.direction == .worse { failures.append(.unknownChange(unknownChange)) }
    if let creep, creep.isShown, creep.direction == .worse {
      // If the limit is reached before the next run is due, the objective will be missed without a warning.
      let isNear = creep.reaches.map { $0 <= age.now + age.period } ?? false
      if isNear { failures.append(.creep(creep)) } else { watched.append(.creep(creep)) }
    }
    return failures.map { HistoryFinding(severity: .failure, kind: $0) }
      + watched.map { HistoryFinding(severity: .watch, kind: $0) }
  }
}
