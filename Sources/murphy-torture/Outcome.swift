import FoundationEssentials

/// The result of one case: a JSON line of the record from which RELIABILITY.md is generated.
struct Outcome: Codable {
  /// The part: `namespaces` or `lab`; `special` for an incident other than a signal to Murphy's own processes.
  var part: String
  /// The fault and its mode.
  var fault: String
  /// The victim, the kind of strike and the moment. In the lab this is the moment that was really hit, according to the
  /// lease's log.
  var who: String
  var how: String
  var moment: String
  /// Signals that reached a process, or connections that were closed for a dead controller.
  var strikes: Int
  /// The number of these strikes that were SIGKILL.
  var kills: Int
  /// The cause of the revert: controller, stdin, deadline, agent, watchdog, kernel, recover; `unclear` if no process
  /// was alive to record it; `nothing` if there was no fault.
  var link: String
  /// From the deadline to the end of the fault, as observed from outside, in milliseconds; nil if it ended before.
  var lateMs: Double?
  /// From the strike to the end of the fault, in milliseconds; nil if it had ended before, or waited for the
  /// deadline.
  var afterBlowMs: Double?
  /// The residue, a line each.
  var residue: [String]
  /// The command that repeats the case.
  var again: String
  /// Remarks that don't report a defect of Murphy.
  var notes: [String] = []

  var line: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Whether the fault was over when the strike came, so that the time of its end isn't known.
  var endedBeforeBlow: Bool {
    moment == TortureCase.Moment.noting.rawValue || moment.hasPrefix("missed")
      || moment == LabMoment.over.rawValue
  }

  /// Whether it is outside the matrix of victims, strikes and moments.
  var isSpecial: Bool { part == "special" }
}
