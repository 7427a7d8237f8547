import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// A run's folder and its journal, which is being written: `events.jsonl` and `samples.bin`.
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
  /// Held until the run's process ends, so that no second one can resume the run meanwhile.
  private let lock: FileLock?
  private var encoder: SampleEncoder
  package var files: RunFiles { RunFiles(path: path) }

  /// Creates the folder of a run that begins now: `2026-11-23T0630Z-SCENARIO-3f9a` below `parent`.
  ///
  /// - Throws: `SystemError` if it can't be created.
  package init(below parent: String, scenario: String, wall: Int64) throws(SystemError) {
    var seconds = time_t(wall / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let two = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    let minute = "\(day)T\(two(parts.tm_hour))\(two(parts.tm_min))Z-\(scenario)"
    try Self.make(parent)
    (tag, path) = try Self.makeNew("\(parent)/\(minute)-")
    name = "\(minute)-\(tag)"
    events = try Descriptor(open: path + "/events.jsonl", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o644)
    samples = try Descriptor(open: path + "/samples.bin", O_WRONLY | O_CREAT | O_EXCL | O_APPEND, mode: 0o644)
    try samples.write(SampleEncoder.header, to: path)
    encoder = SampleEncoder()
    lock = try FileLock(existing: path + "/events.jsonl")
  }

  /// Opens the folder of a run whose controller has ended too early. What it wrote incompletely at the end of a file is
  /// removed, since the next entry would otherwise continue that line.
  ///
  /// - Parameter run: the run's name, by its journal.
  /// - Throws: `RunFolderInUse` if its controller still runs, `JournalError` if a file is invalid, `SystemError` if one
  ///   can't be opened.
  package init(resuming path: String, run: String) throws {
    guard let lock = try FileLock(existing: path + "/events.jsonl") else { throw RunFolderInUse(path: path) }
    self.lock = consume lock
    self.path = path
    name = run
    tag = String(run.split(separator: "-").last ?? "")
    let (eventsEnd, samplesEnd) = try RunFiles(path: path).wholeLengths()
    events = try Descriptor(open: path + "/events.jsonl", O_WRONLY | O_APPEND)
    samples = try Descriptor(open: path + "/samples.bin", O_WRONLY | O_APPEND)
    for (file, end) in [("events.jsonl", eventsEnd), ("samples.bin", samplesEnd)] {
      try checked("truncate", file) { truncate("\(path)/\(file)", off_t(end)) }
    }
    encoder = SampleEncoder(continuing: true)
  }

  /// Creates a folder whose name ends in a new tag.
  private static func makeNew(_ prefix: String) throws(SystemError) -> (tag: String, path: String) {
    // Another run of the same minute may have the same tag.
    for _ in 0..<100 {
      let tag = (0..<4).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
      if mkdir(prefix + tag, 0o755) == 0 { return (tag, prefix + tag) }
      if errno != EEXIST { throw SystemError("mkdir", prefix + tag, errno: errno) }
    }
    throw SystemError("mkdir", prefix, errno: EEXIST)
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
    try events.write([UInt8](try entry.json()) + [UInt8(ascii: "\n")], to: "\(path)/events.jsonl")
  }

  /// Appends a sample.
  func write(_ sample: Sample) throws(SystemError) {
    try samples.write(encoder.block(sample), to: "\(path)/samples.bin")
  }
}

/// The controller of a run still runs, so the run can't be resumed.
package struct RunFolderInUse: Error, CustomStringConvertible {
  package var path: String
  package var description: String { "\(path): its controller still runs" }
}
