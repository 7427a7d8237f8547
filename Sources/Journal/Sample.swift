import Scenario

/// One question of a probe and what came back: a line of `samples.csv`.
///
/// Probes are open-loop: a sample's latency is `completed - scheduled`, so that a service that stalls can't
/// hide its stall behind a prober that waits for it (coordinated omission; Tene, "How NOT to measure
/// latency").
package struct Sample: Equatable, Sendable {
  /// The trial, from 1.
  package var trial: Int
  /// The probe's name.
  package var probe: String
  /// The sample's number in its trial, from 1. An append probe's record carries it.
  package var sequence: Int64
  /// When it was due, on the controller's clock since the run began.
  package var scheduled: Nanoseconds
  /// When it was sent; nil where it never was.
  package var sent: Nanoseconds?
  /// When the answer came, or was given up.
  package var completed: Nanoseconds
  /// What it says of the service.
  package var verdict: Verdict
  /// In a word: `200`, `refused`, `timeout`, `unreachable`, `late`.
  package var status: String
  /// The identity of the boot that answered, where the service tells it (a line `boot=ID`).
  package var boot: String?

  /// A sample of these parts.
  package init(
    trial: Int, probe: String, sequence: Int64, scheduled: Nanoseconds, sent: Nanoseconds?,
    completed: Nanoseconds,
    verdict: Verdict, status: String, boot: String? = nil
  ) {
    self.trial = trial
    self.probe = probe
    self.sequence = sequence
    self.scheduled = scheduled
    self.sent = sent
    self.completed = completed
    self.verdict = verdict
    self.status = status
    self.boot = boot
  }

  /// `completed - scheduled`.
  package var latency: Nanoseconds { completed - scheduled }

  /// What a sample says of the service.
  package enum Verdict: String, Codable, CaseIterable, Sendable {
    /// It answered as it should.
    case ok
    /// It did not.
    case fail
    /// The prober itself was late by more than half an interval, or could not ask: nothing is known.
    case unknown
  }
}
