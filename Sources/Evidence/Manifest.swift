import Digest
import Glibc
import Linux

/// The SHA-256 of files of a run's folder: a text that sha256sum(1) checks, with facts in lines that it skips.
///
///     # murphy-manifest 1
///     # run 2026-11-23T0949Z-unplug-host-102f
///     <64 digits>  events.jsonl
package struct Manifest: Equatable, Sendable {
  /// The run's name.
  package var run: String
  /// The statement of the person who signs; nil if there is none.
  package var statement: Statement?
  /// The digest of the last line of `review.jsonl`; nil without a line. Later lines may follow.
  package var review: String?
  /// Hexadecimal digests by the file's path in the folder.
  package var files: [String: String]

  package struct Statement: Equatable, Sendable {
    package var role: Role
    package var name: String
    /// On the wall clock of the machine: `2026-11-27T12:00:00Z`.
    package var at: String

    package init(role: Role, name: String, at: String) {
      self.role = role
      self.name = name
      self.at = at
    }
  }

  package enum Role: String, CaseIterable, Sendable {
    case prepared, reviewed, accepted
  }

  package init(
    run: String, statement: Statement? = nil, review: String? = nil, files: [String: String] = [:]
  ) {
    self.run = run
    self.statement = statement
    self.review = review
    self.files = files
  }

  private static let head = "murphy-manifest 1"

  package var text: String {
    var lines = ["# \(Self.head)", "# run \(run)"]
    if let statement {
      lines += ["# role \(statement.role.rawValue)", "# name \(statement.name)", "# at \(statement.at)"]
    }
    if let review { lines.append("# review \(review)") }
    lines += files.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads the text.
  ///
  /// - Parameter file: its path, for errors.
  /// - Throws: `EvidenceError.line`.
  package init(_ text: String, file: String) throws(EvidenceError) {
    var facts: [String: String] = [:]
    files = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.isEmpty { continue }
      func wrong(_ reason: String) -> EvidenceError { .line(file: file, index + 1, reason) }
      if index == 0 {
        guard line == "# \(Self.head)" else { throw wrong("expected '# \(Self.head)'") }
      } else if line.hasPrefix("# ") {
        let words = line.dropFirst(2).split(separator: " ", maxSplits: 1)
        guard words.count == 2, facts.updateValue(String(words[1]), forKey: String(words[0])) == nil else {
          throw wrong("expected a word and a value, once")
        }
      } else {
        let digest = line.prefix(64)
        let rest = line.dropFirst(64)
        guard digest.count == 64, digest.allSatisfy({ $0.isHexDigit }), rest.hasPrefix("  ") else {
          throw wrong("expected a digest, two spaces and a file")
        }
        files[String(rest.dropFirst(2))] = String(digest)
      }
    }
    guard let run = facts["run"] else { throw .line(file: file, 1, "no run is named") }
    self.run = run
    review = facts["review"]
    if let word = facts["role"], let role = Role(rawValue: word), let name = facts["name"],
      let at = facts["at"]
    {
      statement = Statement(role: role, name: name, at: at)
    }
  }
}
