/// A journal that can't be read.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What can be wrong with a line.
  package enum Reason: Equatable, Sendable {
    /// The line is none of a journal's: what is wrong with it.
    case unreadable(String)
    /// A newer version wrote the run, in a format of this number.
    case newerFormat(Int)
  }

  /// The file in the run's folder.
  package var file: String
  /// Its line, from 1.
  package var line: Int
  /// What is wrong with it.
  package var reason: Reason

  /// `events.jsonl:3: …`, with what to do.
  package var description: String {
    let text =
      switch reason {
      case .unreadable(let what):
        "\(what); the line was changed or lost after the run: restore the file from a copy"
      case .newerFormat(let format):
        "the run is in format \(format), and this murphy reads formats 1 to \(JournalFormat.current): use the version "
          + "that run.began names, or a newer one"
      }
    return "\(file):\(line): \(text)"
  }
}
