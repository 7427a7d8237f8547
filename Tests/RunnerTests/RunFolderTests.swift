import Glibc
import Journal
import Linux
import Scenario
import Testing

@testable import Runner

@Suite struct RunFolderTests {
  /// 2026-11-23T06:30:59Z.
  private let wall: Int64 = 1_795_415_459_000_000_000

  private let entries = [
    Entry(at: Nanoseconds(1), trial: 1, event: .phaseBegan(.steady)),
    Entry(at: Nanoseconds(2), trial: 1, event: .hostLost(host: "falco", reason: "two\nlines, a \"quote\"")),
    Entry(at: Nanoseconds(3), trial: 1, event: .runEnded(exitCode: 0)),
  ]
  private let samples = (1...3).map { number in
    Sample(
      trial: 1, probe: "website", sequence: number, scheduled: Nanoseconds(number), sent: nil,
      completed: Nanoseconds(number), verdict: .unknown, status: "late")
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test("A run's folder has time, scenario and tag in its name")
  func isNamedByTimeScenarioAndTag() throws {
    try withTemporaryFolder { parent in
      let folder = try RunFolder(below: parent, scenario: "unplug-host", wall: wall)
      #expect(folder.name == "2026-11-23T0630Z-unplug-host-\(folder.tag)")
      #expect(folder.path == "\(parent)/\(folder.name)")
      #expect(folder.tag.count == 4)
      #expect(folder.tag.allSatisfy { "0123456789abcdef".contains($0) })
      #expect(try DurableFile.list(folder.path) == ["events.jsonl", "samples.bin"])
    }
  }

  @Test("Runs in the same minute have different folders")
  func twoRunsOfOneMinuteHaveTheirOwn() throws {
    try withTemporaryFolder { parent in
      let paths = try (0..<5).map { _ in try RunFolder(below: parent, scenario: "a", wall: wall).path }
      #expect(Set(paths).count == 5)
    }
  }

  @Test("A run's folder is made with its parents")
  func makesTheFoldersAboveIt() throws {
    try withTemporaryFolder { parent in
      let folder = try RunFolder(below: "\(parent)/some/where//reports", scenario: "a", wall: wall)
      #expect(try DurableFile.list("\(parent)/some/where/reports") == [folder.name])
    }
  }

  @Test("A run's folder below a file is an error")
  func cannotBeMadeBelowAFile() throws {
    try withTemporaryFolder { parent in
      try DurableFile.write([1], to: "\(parent)/file")
      let error = #expect(throws: SystemError.self) {
        try RunFolder(below: "\(parent)/file", scenario: "a", wall: wall)
      }
      #expect(error?.errno == ENOTDIR)
    }
  }

  @Test("Each entry is in the file as soon as it is written")
  func whatIsWrittenIsThereAtOnceAndReadBackEqual() throws {
    try withTemporaryFolder { parent in
      let folder = try RunFolder(below: parent, scenario: "a", wall: wall)
      #expect(try text("\(folder.path)/samples.bin") == "murphy samples 6\n")
      for (count, entry) in entries.enumerated() {
        try folder.write(entry)
        // Entries are not buffered, since the next step may be a fault that ends this process.
        #expect(try folder.files.entries() == Array(entries[...count]))
      }
      for (count, sample) in samples.enumerated() {
        try folder.write(sample)
        #expect(try folder.files.journal() == RunJournal(entries: entries, samples: Array(samples[...count])))
      }
    }
  }

  @Test("Each entry is one line")
  func aLineIsALine() throws {
    try withTemporaryFolder { parent in
      let folder = try RunFolder(below: parent, scenario: "a", wall: wall)
      for entry in entries { try folder.write(entry) }
      let lines = try text("\(folder.path)/events.jsonl")
      #expect(lines.split(separator: "\n").count == entries.count)
      #expect(lines.last == "\n")
    }
  }

  @Test("A resumed run's files continue after the last whole entry and sample", arguments: [0, 5])
  func resumed(cut: Int) throws {
    try withTemporaryFolder { parent in
      var path = ""
      var name = ""
      do {
        let folder = try RunFolder(below: parent, scenario: "a", wall: wall)
        (path, name) = (folder.path, folder.name)
        for entry in entries { try folder.write(entry) }
        for sample in samples { try folder.write(sample) }
        #expect(throws: RunFolderInUse.self) { try RunFolder(resuming: path, run: name) }
      }
      // A killed controller may leave a part of an entry or sample.
      for file in ["events.jsonl", "samples.bin"] where cut > 0 {
        let bytes = try DurableFile.read("\(path)/\(file)")
        try DurableFile.write(Array(bytes.dropLast(cut)), to: "\(path)/\(file)")
      }
      let kept = cut == 0 ? 3 : 2
      let folder = try RunFolder(resuming: path, run: name)
      #expect(folder.name == name && name.hasSuffix("-\(folder.tag)"))
      try folder.write(entries[0])
      for sample in samples { try folder.write(sample) }
      #expect(
        try folder.files.journal()
          == RunJournal(entries: entries.prefix(kept) + [entries[0]], samples: samples.prefix(kept) + samples)
      )
    }
  }

  @Test("A folder without a journal is an error")
  func aFolderWithoutAJournalIsAnError() throws {
    try withTemporaryFolder { parent in
      let error = #expect(throws: SystemError.self) { try RunFiles(path: parent).entries() }
      #expect(error?.errno == ENOENT)
      #expect(error?.object == "\(parent)/events.jsonl")
    }
  }
}
