import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// A run's folder and its journal, which is being written: `events.jsonl` and `samples.csv`.
///
/// Each entry is written with one write(2) before the action that it announces, so that no entry is lost if the
/// controller is killed.
package final class RunFolder {
  package let path: String
  /// The run's name, which is also the folder's name.
  package let name: String
  /// A few characters that distinguish this run's leases from those of other runs.
  package let tag: String
  private let events: Descriptor
  private let samples: Descriptor
  /// The journal so far.
  package private(set) var journal = RunJournal(entries: [], samples: [])

  /// Creates the folder of a run that begins now: `2026-11-23T0630Z-SCENARIO-3f9a` below `parent`.
  ///
  /// - Throws: `SystemError` if it can't be created.
  package init(below parent: String, scenario: String, wall: Int64) throws(SystemError) {
    var seconds = time_t(wall / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let tag = (0..<4).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
    let name = "\(day)T\(two(parts.tm_hour))\(two(parts.tm_min))Z-\(scenario)-\(tag)"
    let path = "\(parent)/\(name)"
    self.tag = tag
    self.name = name
    self.path = path
    try Self.make(parent)
    try checked("mkdir", path) { mkdir(path, 0o755) }
    events = try Descriptor(open: path + "/events.jsonl", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o644)
    samples = try Descriptor(open: path + "/samples.csv", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o644)
    try samples.write(Array((Sample.csvHeader + "\n").utf8), to: path)
  }

  private static func make(_ path: String) throws(SystemError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
      if mkdir(made, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", made, errno: errno) }
    }
  }

  /// Appends an entry.
  func write(_ entry: Entry) throws {
    journal.entries.append(entry)
    try events.write([UInt8](try entry.json()) + [UInt8(ascii: "\n")], to: "\(path)/events.jsonl")
  }

  /// Appends a sample.
  func write(_ sample: Sample) throws(SystemError) {
    journal.samples.append(sample)
    try samples.write(Array((sample.csv + "\n").utf8), to: "\(path)/samples.csv")
  }

  /// Reads a run's journal.
  ///
  /// - Throws: `SystemError` if a file can't be opened, `JournalError` if one can't be read.
  package static func journal(at path: String) throws -> RunJournal {
    var reader = JournalReader()
    try inPieces("\(path)/events.jsonl") { (piece) throws(JournalError) in try reader.takeEvents(piece) }
    try inPieces("\(path)/samples.csv") { (piece) throws(JournalError) in try reader.takeSamples(piece) }
    return try reader.end()
  }

  private static func inPieces(
    _ path: String, _ take: (UnsafeBufferPointer<UInt8>) throws(JournalError) -> Void
  ) throws {
    let file = try Descriptor(open: path, O_RDONLY)
    while true {
      let piece = try file.read(upTo: 1 << 18, from: path)
      if piece.isEmpty { return }
      try piece.withUnsafeBufferPointer { bytes in
        Result { () throws(JournalError) in try take(bytes) }
      }.get()
    }
  }
}
