import Glibc
import Scenario

/// A promise that one failure breaks, without statistics.
package struct Safety: Encodable, Equatable, Sendable {
  package var kind: Kind
  /// Trials in which it could be judged. A void trial counts only if the promise was broken, since it tested nothing.
  package var trials: Int
  /// Trials in which it was broken.
  package var failures: Int

  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// No acknowledged write is lost, torn or stale.
    case lostWrites = "lost-writes"
    /// All replicas of the storage have the same records.
    case replicas
    /// No virtual machine runs on two hosts at once.
    case runningTwice = "running-twice"
    /// No storage entry is in split-brain.
    case splitBrain = "split-brain"
    /// There is no residue.
    case residue
  }

  package init(kind: Kind, trials: Int, failures: Int) {
    self.kind = kind
    self.trials = trials
    self.failures = failures
  }

  /// The failure rate in per cent that is ruled out at 95 % confidence: no failure in n trials bounds the true rate
  /// at `1 - 0.05^(1/n)`. Nil if there was a failure, or no trial.
  package var rateBelowPercent: Double? {
    guard failures == 0, trials > 0 else { return nil }
    return (1 - pow(0.05, 1 / Double(trials))) * 100
  }

  static func all(_ trials: [TrialMetrics]) -> [Safety] {
    Kind.allCases.compactMap { kind in
      let outcomes = trials.flatMap { trial -> [Bool] in
        let results = trial.safety.filter { $0.kind == kind }.map(\.outcome)
        if results.contains(.broken) { return [true] }
        return trial.void == nil && !results.isEmpty && results.allSatisfy { $0 == .kept } ? [false] : []
      }
      return outcomes.isEmpty
        ? nil : Safety(kind: kind, trials: outcomes.count, failures: outcomes.count { $0 })
    }
  }
}
