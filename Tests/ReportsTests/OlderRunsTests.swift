import FoundationEssentials
import Journal
import Reports
import Scenario
import Testing

/// Runs on disk, which every later version must read and render.
struct OlderRunsTests {
  private static let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()

  private static func journal(in folder: String) throws -> RunJournal {
    let isOld = FileManager.default.fileExists(atPath: folder + "/samples.csv")
    return try RunJournal(
      events: try Data(contentsOf: URL(filePath: folder + "/events.jsonl")),
      samples: try Data(contentsOf: URL(filePath: folder + (isOld ? "/samples.csv" : "/samples.bin"))))
  }

  /// A folder for each format, with a run and its `report.md`. GOLDEN=write writes the reports, and a run of the
  /// current format if there is none.
  @Test("A run of each format is rendered", arguments: 1...JournalFormat.current)
  func formats(_ format: Int) throws {
    let folder = (Self.here + ["Formats", "\(format)"]).joined(separator: "/")
    let isWriting = ProcessInfo.processInfo.environment["GOLDEN"] == "write"
    let isNew = format == JournalFormat.current && !FileManager.default.fileExists(atPath: folder)
    if isWriting, isNew {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let run = UnplugRun(trials: [.init(hostsDisagree: true, hasReplicas: true)]).journal
      let events = try run.entries.map { try $0.json() + Data("\n".utf8) }
      try Data(events.joined()).write(to: URL(filePath: folder + "/events.jsonl"))
      var encoder = SampleEncoder()
      let samples = run.samples.prefix(600).reduce(into: SampleEncoder.header) { $0 += encoder.block($1) }
      try Data(samples).write(to: URL(filePath: folder + "/samples.bin"))
    }
    let report = try Report(try Self.journal(in: folder)).markdown()
    if isWriting { try report.write(to: URL(filePath: folder + "/report.md")) }
    let kept = try Data(contentsOf: URL(filePath: folder + "/report.md"))
    #expect(String(decoding: report, as: UTF8.self) == String(decoding: kept, as: UTF8.self))
  }

  @Test("The example run, written by the first version, is rendered byte for byte as it is kept")
  func example() throws {
    let reports = (Self.here.dropLast(2) + ["reports"]).joined(separator: "/")
    let runs = try FileManager.default.contentsOfDirectory(atPath: reports).filter { $0.hasPrefix("20") }
    try #require(!runs.isEmpty)
    for run in runs {
      let report = try Report(try Self.journal(in: "\(reports)/\(run)"))
      for (name, data) in [
        ("run.json", try report.json()), ("report.md", report.markdown()), ("junit.xml", report.junit()),
        ("metrics.txt", try report.openMetrics()), ("report.html", try report.html()),
      ] {
        #expect(data == (try Data(contentsOf: URL(filePath: "\(reports)/\(run)/\(name)"))), "\(run)/\(name)")
      }
    }
  }

  @Test("The report names events of unknown kinds, if there are any")
  func unknownEvents() throws {
    var journal = UnplugRun().journal
    #expect(!String(decoding: try Report(journal).json(), as: UTF8.self).contains("unknownEvents"))
    for kind in ["sun.rose", "moon.fell", "moon.fell"] {
      journal.entries.append(Entry(at: .zero, trial: 1, event: .unknown(kind: kind)))
    }
    let report = try Report(journal)
    let sentence = "The journal has events that this version does not have: moon.fell (2), sun.rose (1)."
    #expect(String(decoding: report.markdown(), as: UTF8.self).contains(sentence))
    #expect(String(decoding: try report.html(), as: UTF8.self).contains(sentence))
  }
}
