import Digest
import FoundationEssentials
import Glibc
import Linux

/// `review.jsonl`, read.
package struct Review: Equatable, Sendable {
  package var entries: [ReviewEntry] = []
  /// The hexadecimal SHA-256 of each line.
  package var digests: [String] = []

  package init() {}

  /// Reads the file's text, and checks that each line has the digest of the line before.
  ///
  /// - Throws: `EvidenceError.line`.
  package init(_ text: String, file: String) throws(EvidenceError) {
    for (index, line) in text.split(separator: "\n").enumerated() {
      let entry: ReviewEntry
      do {
        entry = try JSONDecoder().decode(ReviewEntry.self, from: Data(line.utf8))
      } catch {
        throw .line(file: file, index + 1, "not an entry of a review")
      }
      guard entry.previous == digests.last else {
        throw .line(
          file: file, index + 1,
          index == 0 ? "lines before it are missing" : "line \(index) was changed after this line was written"
        )
      }
      entries.append(entry)
      digests.append(SHA256.hex(of: line.utf8))
    }
  }

  /// The findings in their last state, by number.
  package var findings: [Finding] {
    var last: [Int: Finding] = [:]
    for case .finding(let finding) in entries.map(\.content) { last[finding.number] = finding }
    return last.values.sorted { $0.number < $1.number }
  }

  /// How often people had to act, and how long in all.
  package var interventions: (count: Int, seconds: Int64) {
    entries.reduce(into: (0, 0)) { sum, entry in
      guard case .intervention(_, _, let seconds) = entry.content else { return }
      sum.count += 1
      // At most what fits into 64 bits as nanoseconds.
      sum.seconds = min(sum.seconds + seconds, 9_000_000_000)
    }
  }
}

extension EvidenceFolder {
  /// The review; without entries if there is no file.
  ///
  /// - Throws: `EvidenceError`.
  package func review() throws(EvidenceError) -> Review {
    guard let text = try text(of: Self.reviewName) else { return Review() }
    return try Review(text, file: path(of: Self.reviewName))
  }

  /// Appends an entry that `make` makes from the review so far. No other command can append meanwhile.
  ///
  /// - Throws: `EvidenceError`, also for a review that was changed; errors of `make`.
  package func append(_ make: (Review) throws -> ReviewEntry) throws {
    let file = try Descriptor(
      open: path(of: Self.reviewName), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode: 0o644)
    try checked("flock", path(of: Self.reviewName)) { flock(file.number, LOCK_EX) }
    let review = try review()
    var entry = try make(review)
    entry.previous = review.digests.last
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try file.write(try encoder.encode(entry) + [UInt8(ascii: "\n")], to: path(of: Self.reviewName))
    try checked("fsync", path(of: Self.reviewName)) { fsync(file.number) }
  }
}
