/// What came of one kill, as a JSON line.
struct LabResult: Sendable {
  var part = "lab"
  var fault: String
  /// On which host of the lab.
  var host: String
  var who: String
  var how: String
  /// The moment that was hit, by the lease's files and by what was seen at the first signal.
  var moment: String
  /// The moment that was aimed at.
  var aimed: String
  /// Who lifted it: the cause in the lease's log, `kernel`, `recover`, or `nothing`.
  var link: String
  /// From the deadline until it was seen lifted from outside; nil where it was lifted before.
  var lateMs: Double?
  /// From the first signal until it was seen lifted from outside; nil where it didn't hold then.
  var afterKillMs: Double?
  /// Signals that reached a process.
  var kills: Int
  /// Whether nobody of Murphy's could have lifted it: then `murphy doctor` must have named it, and `recover` lifted it.
  var nobodyCould = false
  var leftBehind: [String] = []
  /// What is worth knowing and is no fault of Murphy's.
  var notes: [String] = []

  /// Lifted, and no log of a lease says by whom.
  static let unnoted = "unclear"

  /// As the record has it.
  func outcome(again: String) -> Outcome {
    Outcome(
      part: part, fault: fault, who: who, how: how, moment: moment, strikes: kills,
      kills: how == LabManner.kill.rawValue ? kills : 0, link: link, lateMs: lateMs,
      afterBlowMs: lateMs == nil ? afterKillMs : nil, leftBehind: leftBehind, again: again, notes: notes)
  }
}

/// The times within which a fault must be lifted.
enum LabGrace {
  /// Past the deadline: the kernel's element is given 1 s, a revert that failed is tried again after 1 s; the rest is for
  /// a machine that is busy.
  static let ofDeadline: Int64 = 2_500_000_000
  /// Where agent and watchdog are out, for a controller that lives and whose path isn't cut.
  static let ofController: Int64 = 25_000_000_000
  /// After all is judged, for processes to end by themselves. A connection that was cut comes back only with TCP's next
  /// retransmission, and ssh ends with it.
  static let ofProcesses = 10_000
}
