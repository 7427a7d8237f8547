import Comparison
import Digest
import Evidence
import FoundationEssentials
import History
import Journal
import Linux
import Metrics
import Reports
import Scenario

/// What other people's folders of runs contain: runs to compare, and the files of their evidence.
extension HostileTarget {
  // MARK: Comparisons

  /// The journals of two runs, and the samples of both. Each side has its run several times, so that tests have enough
  /// values.
  static func feedComparison(_ input: [UInt8]) throws {
    let parts = input.split(separator: separator, maxSplits: 2, omittingEmptySubsequences: false)
    let samples = Data(parts.count > 2 ? parts[2] : [])
    let journals = parts.prefix(2).compactMap { try? RunJournal(events: Data($0), samples: samples) }
    var sides: [ComparedSide] = []
    var records: [RunRecord] = []
    var comparisons: [SideComparison] = []
    for journal in journals {
      guard let began = journal.began else { continue }
      let metrics = RunMetrics(journal)
      let run = try ComparedRun(began, surveys: journal.allSurveys, metrics)
      sides.append(ComparedSide(label: began.run, runs: Array(repeating: run, count: 5)))
      for month in 0..<6 {
        records.append(
          try RunRecord(
            began, surveys: journal.allSurveys, metrics, folder: "reports/\(began.run)",
            began: 1_767_225_600 + month * 2_678_400))
      }
      if let alternated = try AlternatedRun(journal.entries, metrics) {
        comparisons.append(SideComparison(alternated))
      }
    }
    if sides.count == 2 {
      comparisons.append(SideComparison(sides[0], sides[1], factors: ["ping-timeout"]))
    }
    let report = ComparisonReport(comparisons)
    _ = (report.terminalLines, report.markdown(), try report.json(), try report.html())
    let history = HistoryReport(
      History.all(records, now: 1_790_000_000, period: 35 * 86_400), now: 1_790_000_000)
    _ = (history.terminalLines(columns: 80), history.openMetrics(), try history.json())
    _ = try history.pages { _ in nil }
  }

  /// The example run beside itself, and beside a run whose settings took turns.
  static func comparisonSeeds(root: String) throws -> [[UInt8]] {
    guard let run = try DurableFile.list(root + "/reports").first(where: { $0.hasPrefix("20") }) else {
      return []
    }
    let events = try DurableFile.read("\(root)/reports/\(run)/events.jsonl")
    let samples = Array(try DurableFile.read("\(root)/reports/\(run)/samples.csv").prefix(20_000))
    var entries = try RunJournal(events: Data(events), samples: Data()).entries
    for index in entries.indices {
      guard case .runBegan(var began) = entries[index].event else { continue }
      began.alternation = Alternation(
        factor: "ping-timeout", kind: .setup, a: .init(label: "42", setup: "set 42"),
        b: .init(label: "10", setup: "set 10"), order: [.a, .b, .b, .a])
      entries[index].event = .runBegan(began)
    }
    let alternated: [UInt8] = try entries.flatMap { try Array($0.json()) + [UInt8(ascii: "\n")] }
    return [events, alternated].map { other in
      Array([events, other, samples].joined(separator: [separator]))
    }
  }

  // MARK: Evidence

  /// A review and a manifest.
  static func feedEvidence(_ input: [UInt8]) throws {
    let parts = Self.parts(input).map { String(decoding: $0, as: UTF8.self) }
    if let review = try? Review(parts[0], file: "review.jsonl") { _ = review.findings }
    guard parts.count > 1, let manifest = try? Manifest(parts[1], file: "manifest.sha256") else { return }
    if try Manifest(manifest.text, file: "manifest.sha256") != manifest { throw Unequal() }
  }

  static func evidenceSeeds() throws -> [[UInt8]] {
    let contents: [ReviewEntry.Content] = [
      .note(text: "the phone rang", moment: "2026-11-27T11:00:00Z"), .acknowledged,
      .finding(Finding(number: 1, title: "blind", severity: .major)),
    ]
    var lines: [String] = []
    for content in contents {
      var entry = ReviewEntry(at: "2026-11-27T11:00:00Z", by: "jane", content: content)
      entry.previous = lines.last.map { SHA256.hex(of: Array($0.utf8)) }
      lines.append(String(decoding: try JSONEncoder().encode(entry), as: UTF8.self))
    }
    let manifest = Manifest(
      run: "run-1", statement: .init(role: .accepted, name: "Jane Doe", at: "2026-11-27T12:00:00Z"),
      review: lines.last.map { SHA256.hex(of: Array($0.utf8)) },
      files: ["events.jsonl": SHA256.hex(of: Array("events".utf8))])
    return [Array(lines.joined(separator: "\n").utf8) + [separator] + Array(manifest.text.utf8)]
  }
}
