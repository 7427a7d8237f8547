import FoundationEssentials

/// What came of one case, a JSON line of the record from which RELIABILITY.md is made.
struct Outcome: Codable {
  /// Where it ran: `namespaces` or `lab`; `special` for what is no strike at Murphy's own processes.
  var part: String
  /// The fault and its mode.
  var fault: String
  /// Who was struck, how and when; in the lab the moment that was hit, told from the lease's log.
  var who: String
  var how: String
  var moment: String
  /// Signals that reached a process, or connections that were closed for a dead controller.
  var strikes: Int
  /// Those of them that were SIGKILL.
  var kills: Int
  /// Who lifted the fault: controller, stdin, deadline, agent, watchdog, kernel, recover; `unclear` where nobody lived to
  /// note it; `nothing` where none was done.
  var link: String
  /// From the deadline to the end of the fault, as seen from outside, in milliseconds; nil where it ended before.
  var lateMs: Double?
  /// From the blow to the end of the fault, in milliseconds; nil where it had ended, or waited for the deadline.
  var afterBlowMs: Double?
  /// What was left behind, a line each.
  var leftBehind: [String]
  /// Repeats the case.
  var again: String
  /// What is worth knowing and is no fault of Murphy's.
  var notes: [String] = []

  /// As one line of JSON.
  var line: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Whether the fault was over when the blow fell, so that when it ended isn't known.
  var endedBeforeBlow: Bool {
    moment == TortureCase.Moment.noting.rawValue || moment.hasPrefix("missed")
      || moment == LabMoment.over.rawValue
  }

  /// Whether it stands outside of the matrix of victims, blows and moments.
  var isSpecial: Bool { part == "special" }
}
