import Scenario

/// One question of a probe and what came back: a line of `samples.csv`.
///
/// Probes are open-loop: a sample's latency is `completed - scheduled`, so that a service that stalls can't
/// hide its stall behind a prober that waits for it (coordinated omission; Tene, "How NOT to measure
/// latency").
public struct Sample: Equatable, Sendable {
  /// The trial, from 1.
  public var trial: Int
  /// The probe's name.
  public var probe: String
  /// The sample's number in its trial, from 1. An append probe's record carries it.
  public var sequence: Int64
  /// When it was due, on the controller's clock since the run began.
  public var scheduled: Nanoseconds
  /// When it was sent; nil where it never was.
  public var sent: Nanoseconds?
  /// When the answer came, or was given up.
  public var completed: Nanoseconds
  /// What it says of the service.
  public var verdict: Verdict
  /// In a word: `200`, `refused`, `timeout`, `unreachable`, `late`.
  public var status: String
  /// The identity of the boot that answered, where the service tells it (a line `boot=ID`).
  public var boot: String?

  /// A sample of these parts.
  public init(
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
  public var latency: Nanoseconds { completed - scheduled }

  /// What a sample says of the service.
  public enum Verdict: String, Codable, CaseIterable, Sendable {
    /// It answered as it should.
    case ok
    /// It did not.
    case fail
    /// The prober itself was late by more than half an interval, or could not ask: nothing is known.
    case unknown
  }
}
