/// The result of one kill, as a JSON line.
struct LabResult: Sendable {
  var part = "lab"
  var fault: String
  /// The lab's host.
  var host: String
  var who: String
  var how: String
  /// The moment that was hit, from the lease's files and from the observation at the first signal.
  var moment: String
  /// The intended moment.
  var aimed: String
  /// The cause of the revert in the lease's log, or `kernel`, `recover` or `nothing`.
  var link: String
  /// From the deadline until the revert was observed from outside; nil if it was reverted before.
  var lateMs: Double?
  /// From the first signal until the revert was observed from outside; nil if the fault was not active then.
  var afterKillMs: Double?
  /// Signals that reached a process.
  var kills: Int
  /// Whether none of Murphy's processes could have reverted it. If so, `murphy doctor` must have reported it, and
  /// `recover` must have reverted it.
  var noProcessCould = false
  var residue: [String] = []
  /// Remarks that don't report a defect of Murphy.
  var notes: [String] = []

  /// Reverted, and no lease's log has the cause.
  static let unnoted = "unclear"

  func outcome(again: String) -> Outcome {
    Outcome(
      part: part, fault: fault, who: who, how: how, moment: moment, strikes: kills,
      kills: how == LabManner.kill.rawValue ? kills : 0, link: link, lateMs: lateMs,
      afterBlowMs: lateMs == nil ? afterKillMs : nil, residue: residue, again: again, notes: notes)
  }
}

/// The times within which a fault must be reverted.
enum LabGrace {
  /// The time after the deadline: the kernel's element exists 1 s longer, and a failed revert is repeated after 1 s. The
  /// rest is a margin for a busy machine.
  static let ofDeadline: Int64 = 2_500_000_000
  /// The time in which a running, connected controller must revert if agent and watchdog are dead or stopped.
  static let ofController: Int64 = 25_000_000_000
  /// The time for processes to end by themselves after the judgement. A connection that was cut recovers only with
  /// TCP's next retransmission, and ssh ends with it.
  static let ofProcesses = 10_000
}
