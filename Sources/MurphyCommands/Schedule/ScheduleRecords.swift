import Comparison
import FoundationEssentials
import Glibc
import History
import Linux
import Metrics
import Schedule

/// `schedule.jsonl` in the folder of the runs' folders: every decision of its schedules, a line each.
struct ScheduleRecords {
  let reports: String
  var path: String { "\(reports)/schedule.jsonl" }

  /// More than a thousand years of daily runs.
  private static let limit = 1 << 28

  /// All lines; none without the file. An incomplete last line, of a machine that lost power, is left out.
  ///
  /// - Throws: `Stop`.
  func entries() throws -> [ScheduleEntry] {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try DurableFile.read(path, limit: Self.limit)
    } catch {
      if error.errno == ENOENT { return [] }
      throw Stop(.badInput, "\(error)")
    }
    return try decode(bytes)
  }

  /// Calls `body` with all lines and with a function that appends one. No other process can append meanwhile.
  ///
  /// - Throws: `Stop`.
  func update<Result>(
    _ body: ([ScheduleEntry], (ScheduleEntry) throws -> Void) throws -> Result
  ) throws -> Result {
    do {
      try FileManager.default.createDirectory(atPath: reports, withIntermediateDirectories: true)
      let file = try Descriptor(open: path, O_RDWR | O_CREAT | O_APPEND, mode: 0o644)
      try checked("flock", path) { flock(file.number, LOCK_EX) }
      let bytes = try DurableFile.read(path, limit: Self.limit)
      let whole = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
      // The next line would otherwise continue the incomplete one.
      if whole < bytes.count { try checked("ftruncate", path) { ftruncate(file.number, off_t(whole)) } }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try body(try decode(bytes)) { entry in
        try file.write(try encoder.encode(entry) + [UInt8(ascii: "\n")], to: path)
        try checked("fdatasync", path) { fdatasync(file.number) }
      }
    } catch let stop as Stop {
      throw stop
    } catch {
      throw Stop(.refused, "\(path): the schedule's records can't be written: \(error)")
    }
  }

  private func decode(_ bytes: [UInt8]) throws(Stop) -> [ScheduleEntry] {
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    var entries: [ScheduleEntry] = []
    for (index, line) in bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      do {
        entries.append(try JSONDecoder().decode(ScheduleEntry.self, from: Data(line)))
      } catch {
        throw Stop(
          .badInput,
          "\(path):\(index + 1):1: error: not a line of a schedule's records; restore the file from a backup, or move it away"
        )
      }
    }
    return entries
  }
}

extension RunRecord {
  /// The runs of a history, each with the notices of its occasion that did not arrive as a part of its reason.
  static func withUndelivered(_ runs: [RunRecord], _ entries: [ScheduleEntry]) -> [RunRecord] {
    var found: [String: [String]] = [:]
    for name in Set(entries.map(\.schedule)) {
      let log = ScheduleLog(entries, of: name)
      for occasion in log.occasions {
        if let run = occasion.runs.last { found[run] = log.undelivered(occasion.name) }
      }
    }
    return runs.map { run in
      guard let lines = found[run.name], !lines.isEmpty else { return run }
      var run = run
      run.reason = ([run.reason].compactMap { $0 } + lines).joined(separator: "; ")
      return run
    }
  }

  /// The occasions of schedules that have no run, or had none at first, as refused runs: each with its reason.
  ///
  /// - Parameters:
  ///   - runs: those of the same history, of which the titles are taken.
  ///   - scenario: only those of this scenario; nil for all.
  static func notMade(
    _ entries: [ScheduleEntry], beside runs: [RunRecord], of scenario: String?, now: Int
  ) -> [RunRecord] {
    var schedules: [String] = []
    for entry in entries where !schedules.contains(entry.schedule) { schedules.append(entry.schedule) }
    return schedules.flatMap { name in
      let log = ScheduleLog(entries, of: name)
      return log.occasions.compactMap { occasion -> RunRecord? in
        // The days of a history are in UTC.
        guard let reason = occasion.reason(in: .utc), let first = occasion.first, first <= now,
          scenario == nil || scenario == occasion.scenario
        else { return nil }
        return RunRecord(
          name: "\(name) \(occasion.name)", folder: "", began: first, scenario: occasion.scenario,
          title: runs.last(where: { $0.scenario == occasion.scenario })?.title ?? "", fleet: occasion.fleet,
          outcome: .refused, exitCode: 3,
          reason: ([reason] + log.undelivered(occasion.name)).joined(separator: "; "), trials: 0, results: [],
          conditions: Conditions(scenario: [:], digests: [:], fingerprints: [:]))
      }
    }
  }
}
