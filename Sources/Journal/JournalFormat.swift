/// The format of a run's two files, as a number in the first line of `events.jsonl`: `"format":2`.
///
/// It is raised when a line of an earlier format would be misread, for example when a field changes its meaning. A
/// new kind of event, or a new optional field, needs no new number.
package enum JournalFormat {
  /// The format that this version writes, and the newest that it reads.
  ///
  /// - 1: runs from before this number was introduced. Their lines have no `format`.
  /// - 2: the number itself.
  package static let current = 2
}
