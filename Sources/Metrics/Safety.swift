import Glibc
import Scenario

/// A promise that needs no statistics to be broken: once is a failure.
public struct Safety: Encodable, Equatable, Sendable {
  /// Which.
  public var kind: Kind
  /// Trials in which it could be told.
  public var trials: Int
  /// Trials in which it was broken.
  public var failures: Int

  /// The promises.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// No acknowledged write is lost.
    case lostWrites = "lost-writes"
    /// No virtual machine runs on two hosts at once.
    case runningTwice = "running-twice"
    /// Nothing is left behind.
    case residue
  }

  /// The share of trials, in per cent, above which the true rate of failure is ruled out at 95 %: nought
  /// failures in n trials bound it at `1 - 0.05^(1/n)`. Nil where there was a failure, or no trial.
  public var rateBelowPercent: Double? {
    guard failures == 0, trials > 0 else { return nil }
    return (1 - pow(0.05, 1 / Double(trials))) * 100
  }

  static func all(_ trials: [TrialMetrics]) -> [Safety] {
    let judged = trials.filter { $0.void == nil }
    return Kind.allCases.compactMap { kind in
      let outcomes = judged.flatMap { trial -> [Bool] in
        switch kind {
        case .lostWrites: merge(trial.writes.map { broken($0.lost) })
        case .runningTwice: merge(trial.placements.map { broken($0.runningTwice) })
        case .residue: merge([broken(trial.residue.count)])
        }
      }
      return outcomes.isEmpty
        ? nil : Safety(kind: kind, trials: outcomes.count, failures: outcomes.filter { $0 }.count)
    }
  }

  /// One outcome a trial: broken if any part is, told only if every part is.
  private static func merge(_ parts: [Bool?]) -> [Bool] {
    if parts.contains(true) { return [true] }
    return parts.isEmpty || parts.contains(nil) ? [] : [false]
  }

  private static func broken(_ count: Count) -> Bool? {
    if case .counted(let count) = count { return count > 0 }
    return nil
  }

  /// An overlap that the clocks' uncertainty alone explains is no failure.
  private static func broken(_ span: Span) -> Bool? { span.interval.map { $0.low > .zero } }
}
