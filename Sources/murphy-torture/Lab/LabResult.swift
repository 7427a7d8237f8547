/// The result of one kill, as a JSON line.
struct LabResult: Sendable {
  var part = "lab"
  var fault: String
  /// The host of the lab.
  var host: String
  var who: String
  var how: String
  /// The moment that was hit, according to the lease's files and to the observation at the first signal.
  var moment: String
  /// The intended moment.
  var aimed: String
  /// What reverted it: the cause in the lease's log, `kernel`, `recover`, or `nothing`.
  var link: String
  /// From the deadline until the revert was observed from outside; nil if it was reverted before.
  var lateMs: Double?
  /// From the first signal until the revert was observed from outside; nil if the fault was not active then.
  var afterKillMs: Double?
  /// Signals that reached a process.
  var kills: Int
  /// Whether none of Murphy's processes could have reverted it: then `murphy doctor` must have reported it, and
  /// `recover` reverted it.
  var noProcessCould = false
  var residue: [String] = []
  /// Remarks that are no defect of Murphy's.
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
  /// Past the deadline: the kernel's element has 1 s more, and a failed revert is repeated after 1 s; the rest is
  /// margin for a busy machine.
  static let ofDeadline: Int64 = 2_500_000_000
  /// If agent and watchdog are dead or stopped, for a living controller whose path isn't cut.
  static let ofController: Int64 = 25_000_000_000
  /// After everything is judged, for processes to end by themselves. A connection that was cut recovers only with
  /// TCP's next retransmission, and ssh ends with it.
  static let ofProcesses = 10_000
}
