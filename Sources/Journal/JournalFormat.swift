/// The format of a run's two files, as a number in the first line of `events.jsonl`: `"format":6`.
///
/// It is raised when a line of an earlier format would be misread, for example when a field changes its meaning. A
/// new kind of event, or a new optional field, needs no new number.
package enum JournalFormat {
  /// The format that this version writes, and the newest that it reads.
  ///
  /// - 1: runs from before this number was introduced. Their lines have no `format`.
  /// - 2: the number itself.
  /// - 3: `view.seen` in place of `storage.seen` and `manager.seen`, without which earlier versions would report that views
  ///   showed nothing. A new form of belief needs a new number as well.
  /// - 4: `view.seen` with `aside`, which earlier versions would read as the belief that the run used.
  /// - 5: `samples.bin` instead of `samples.csv`, which earlier versions would not find.
  /// - 6: `writes.audited` with a list of reads, which earlier versions can't decode.
  package static let current = 6
}
