import Foundation
import HostTesting

/// A folder of runs: copies of the kept run of this repository, with other names and times.
struct ReportsFolder {
  let path: String

  private static let kept = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../reports/2026-11-23T0949Z-unplug-host-102f").standardized

  /// Adds a run, `run-N`, on this day of the month.
  func add(_ number: Int, day: Int, kernel: String? = nil) throws {
    let folder = "\(path)/run-\(number)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var events = try String(contentsOf: Self.kept.appending(path: "events.jsonl"), encoding: .utf8)
    let name = "2026-11-23T0949Z-unplug-host-102f"
    events = events.replacing("\"run\":\"\(name)\"", with: "\"run\":\"run-\(number)\"")
    events = events.replacing(
      /"wall":"[^"]*"/, with: "\"wall\":\"2026-11-\(day < 10 ? "0" : "")\(day)T06:30:00Z\"")
    if let kernel { events = events.replacing(/"kernel":"[^"]*"/, with: "\"kernel\":\"\(kernel)\"") }
    try Data(events.utf8).write(to: URL(filePath: "\(folder)/events.jsonl"))
    // Not all of its samples, since no value of a test depends on them.
    let samples = try String(contentsOf: Self.kept.appending(path: "samples.csv"), encoding: .utf8)
      .split(separator: "\n").prefix(300).joined(separator: "\n")
    try Data("\(samples)\n".utf8).write(to: URL(filePath: "\(folder)/samples.csv"))
  }

  func remove(_ number: Int) throws { try FileManager.default.removeItem(atPath: "\(path)/run-\(number)") }
}
