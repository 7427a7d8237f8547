import FoundationEssentials

/// What programs that share no code with Murphy found about a run: `Tests/Oracles/judge.py` writes it.
package struct OracleVerdict: Codable, Equatable, Sendable {
  package var run: String
  /// Whether a capture of the lab's network has the outages that the report has, within its bounds.
  package var tcpdump: Opinion
  /// Whether fio lost acknowledged writes exactly if the report has lost ones.
  package var fio: Opinion
  /// What crm_simulate predicted before the run; nil in a verdict of an earlier version.
  package var pacemaker: [Prediction]?

  package init(run: String, tcpdump: Opinion, fio: Opinion, pacemaker: [Prediction]? = nil) {
    self.run = run
    self.tcpdump = tcpdump
    self.fio = fio
    self.pacemaker = pacemaker
  }

  /// Where a virtual machine runs after its host failed.
  package struct Prediction: Codable, Equatable, Sendable {
    package var failed: String
    package var vm: String
    /// The hosts according to Pacemaker's scheduler: none if it stops the machine, the failed one if it can't act.
    package var predicted: [String]
    /// The host on which it ran next; none if it ran on no other host.
    package var observed: [String]

    /// `starts on excelsior`, `stays on falco`, `is stopped`.
    var predictedWords: String {
      predicted.isEmpty
        ? "is stopped"
        : "\(predicted == [failed] ? "stays" : "starts") on \(predicted.joined(separator: ", "))"
    }
    /// `ran on excelsior`, `ran on no other host`.
    var observedWords: String {
      "ran on \(observed.isEmpty ? "no other host" : observed.joined(separator: ", "))"
    }
  }

  package struct Opinion: Codable, Equatable, Sendable {
    /// Nil if the oracle could not judge the run.
    package var agrees: Bool?
    /// What it found, or why it could not judge.
    package var detail: String

    package init(agrees: Bool?, detail: String) {
      self.agrees = agrees
      self.detail = detail
    }

    /// `yes (2 outages)`, `no (…)`, `not judged (…)`.
    var words: String {
      let verdict = agrees.map { $0 ? "yes" : "no" } ?? "not judged"
      return "\(verdict) (\(detail))"
    }
  }

  /// Reads a verdict about a run.
  ///
  /// - Throws: `DecodingError` if the data is not a verdict; `OracleOfOtherRun`.
  package init(json: Data, about run: String) throws {
    self = try JSONDecoder().decode(Self.self, from: json)
    if self.run != run { throw OracleOfOtherRun(run: self.run, expected: run) }
  }
}

/// A verdict about another run than the one whose row it is for.
package struct OracleOfOtherRun: Error, Equatable, CustomStringConvertible {
  package var run: String
  package var expected: String
  package var description: String { "the verdict is about run \(run), not about \(expected)" }
}
