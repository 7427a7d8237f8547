/// A journal can't be read.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Equatable, Sendable {
    /// The line, or the block of samples, is invalid. The error has the reason.
    case unreadable(String)
    /// A newer version wrote the run, in the format of this number.
    case newerFormat(Int)
  }

  /// The file in the run's folder.
  package var file: String
  /// The number of the line, or of the block, from 1.
  package var line: Int
  package var reason: Reason

  /// `events.jsonl:3: …`, with the next step.
  package var description: String {
    let text =
      switch reason {
      case .unreadable(let what):
        "\(what); the file was changed after the run: restore it from a copy"
      case .newerFormat(let format):
        "the run is in format \(format), and this murphy reads formats 1 to \(JournalFormat.current): use the version "
          + "that run.began names, or a newer one"
      }
    return "\(file):\(line): \(text)"
  }
}
