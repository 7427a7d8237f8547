import Scenario

/// One request of a probe and its result: a record of `samples.bin`.
///
/// Probes are open-loop: a sample's latency is `completed - scheduled`, so that a stall of the service can't be
/// hidden by a prober that waits for it (coordinated omission; Tene, "How NOT to measure latency").
package struct Sample: Equatable, Sendable {
  /// The trial, from 1.
  package var trial: Int
  package var probe: String
  /// The sample's number in its trial, from 1. An append probe writes it into its record.
  package var sequence: Int64
  /// The scheduled time, on the controller's clock since the run began.
  package var scheduled: Nanoseconds
  /// When it was sent; nil if it never was.
  package var sent: Nanoseconds?
  /// When the answer was read, or the timeout was over: at or after the true time.
  package var completed: Nanoseconds
  package var verdict: Verdict
  /// One word: `200`, `refused`, `timeout`, `unreachable`; `late` and `lagged` if the prober itself was.
  package var status: String
  /// The identity of the boot that answered, if the service reports it (a line `boot=ID`).
  package var boot: String?
  /// When the parts of the request were over; nil if the probe doesn't report them.
  package var parts: RequestParts?

  package init(
    trial: Int, probe: String, sequence: Int64, scheduled: Nanoseconds, sent: Nanoseconds?,
    completed: Nanoseconds,
    verdict: Verdict, status: String, boot: String? = nil, parts: RequestParts? = nil
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
    self.parts = parts
  }

  /// The status of a request that had no answer yet when its trial's probes were stopped.
  package static let stopped = "stopped"

  /// `completed - scheduled`.
  package var latency: Nanoseconds { completed - scheduled }

  /// The result of a sample.
  package enum Verdict: String, Codable, CaseIterable, Sendable {
    /// The service answered as expected.
    case ok
    /// The service did not answer as expected.
    case fail
    /// The service's state is unknown: the prober could not send or was late by more than half an interval (`late`), it
    /// could not observe the answer (`lagged`), it was stopped, or a program's exit code decides nothing.
    case unknown
  }
}
