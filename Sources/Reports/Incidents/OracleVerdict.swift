import FoundationEssentials

/// What programs that share no code with Murphy found about a run: `Tests/Oracles/judge.py` writes it.
package struct OracleVerdict: Codable, Equatable, Sendable {
  package var run: String
  /// Whether a capture of the lab's network has the outages that the report has, within its bounds.
  package var tcpdump: Opinion
  /// Whether fio lost acknowledged writes exactly if the report has lost ones.
  package var fio: Opinion

  package init(run: String, tcpdump: Opinion, fio: Opinion) {
    self.run = run
    self.tcpdump = tcpdump
    self.fio = fio
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
