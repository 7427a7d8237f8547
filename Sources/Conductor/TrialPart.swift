import Journal
import Scenario

/// The trials that one conductor makes: all of a run's, those that are left after the controller was killed, or one if
/// settings take turns.
package struct TrialPart: Sendable {
  /// The numbers of the trials.
  package var trials: ClosedRange<Int>
  /// What the hosts' fingerprints must show; nil if anything is accepted.
  package var expected: ExpectedFingerprint?

  /// Whether it is a setting's turn.
  private var isTurn = false

  package init(_ trials: ClosedRange<Int>, expecting expected: ExpectedFingerprint? = nil) {
    self.trials = trials
    self.expected = expected
  }

  /// Whether trials were made before it.
  package var isContinued: Bool { trials.lowerBound > 1 }

  /// Whether its entries belong to its first trial from the first connection on, since a setting was applied for that
  /// trial, or trials were made before.
  package var isAlone: Bool { isContinued || isTurn }

  /// The beginning of its leases' names. Two parts of a run have no lease of the same name, since a host may still have
  /// the record of an earlier part's.
  package func tag(_ run: String) -> String { isContinued ? "\(run)t\(trials.lowerBound)" : run }

  /// The parts of a run, without the trials before `first`.
  package static func all(of run: RunBegan, from first: Int) -> [TrialPart] {
    guard first <= run.scenario.trials else { return [] }
    guard let alternation = run.alternation else { return [TrialPart(first...run.scenario.trials)] }
    return (first...run.scenario.trials).map { trial in
      var part = TrialPart(trial...trial)
      part.isTurn = true
      if alternation.kind == .setup, let side = alternation.side(of: trial) {
        part.expected = ExpectedFingerprint(key: alternation.factor, value: alternation[side].label)
      }
      return part
    }
  }
}

/// The value of a fingerprint's key that shows that a setting was applied.
package struct ExpectedFingerprint: Sendable {
  /// The key, or its end after a dot.
  private let key: String
  private let value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// Why the hosts don't have the setting, a line for each difference.
  ///
  /// - Parameter fingerprints: by host. Hosts without the key are not judged, but one must have it.
  package func problems(_ fingerprints: [String: [String: String]]) -> [String] {
    let found = fingerprints.sorted { $0.key < $1.key }.flatMap { host, fingerprint in
      fingerprint.sorted { $0.key < $1.key }.filter { $0.key == key || $0.key.hasSuffix("." + key) }
        .map { (host: host, key: $0.key, value: $0.value) }
    }
    if found.isEmpty {
      return ["the setting \(key) \(value) can't be verified: no host's fingerprint has a key \(key)"]
    }
    return found.filter { $0.value != value }.map {
      "\($0.host): \($0.key) is \($0.value), but the setting of this trial is \(value)"
    }
  }
}
