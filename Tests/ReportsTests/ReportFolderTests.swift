import FoundationEssentials
import Journal
import Reports
import Scenario
import Testing

@Suite struct ReportFolderTests {
  /// A new folder, which is removed afterwards.
  func withFolder(_ body: (String) throws -> Void) throws {
    let folder =
      FileManager.default.temporaryDirectory.path + "/murphy-reports-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  func files(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      files[name] = try Data(contentsOf: URL(filePath: folder + "/" + name))
    }
    return files
  }

  @Test("A journal that was read from disk gives the same reports")
  func aJournalReadBackYieldsTheSameBytes() throws {
    let journal = UnplugRun(trials: [.init(), .init(neverBack: true)]).journal
    try withFolder { first in
      try ReportFolder.write(Report(journal), to: first)
      var events = Data()
      for entry in journal.entries { events += try entry.json() + Data("\n".utf8) }
      var encoder = SampleEncoder()
      let samples = journal.samples.reduce(into: SampleEncoder.header) { $0 += encoder.block($1) }
      let readBack = try RunJournal(events: events, samples: Data(samples))
      #expect(readBack == journal)
      try withFolder { second in
        try ReportFolder.write(Report(readBack), to: second + "/")
        let (one, other) = (try files(first), try files(second))
        #expect(Set(one.keys) == ["run.json", "report.md", "junit.xml", "metrics.txt", "report.html"])
        for name in one.keys { #expect(one[name] == other[name], "\(name)") }
      }
    }
  }

  @Test("Writing a report again replaces it")
  func writingAgainReplaces() throws {
    try withFolder { folder in
      try ReportFolder.write(Report(UnplugRun(trials: [.init(neverBack: true)]).journal), to: folder)
      try ReportFolder.write(Report(UnplugRun().journal), to: folder)
      #expect(try files(folder)["run.json"] == Report(UnplugRun().journal).json())
      #expect(try files(folder).count == 5)
    }
  }

  @Test("A report folder that doesn't exist is named")
  func aFolderThatIsNotThereIsNamed() throws {
    let error = #expect(throws: ReportError.self) {
      try ReportFolder.write(Report(UnplugRun().journal), to: "/nonexistent/folder")
    }
    guard case .writing("/nonexistent/folder/run.json", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("A journal without the start of a run is refused")
  func aJournalWithoutABeginningIsRefused() {
    #expect(throws: ReportError.self) { try Report(RunJournal(entries: [], samples: [])) }
  }
}
