import ArgumentParser
import Comparison
import FoundationEssentials
import History
import Journal
import Linux
import Reports

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compares runs of a scenario: worse, better, or no regression.",
    discussion: """
      A side is a run's folder, or several with commas between them. Their trials count together. The first side is \
      the base; each candidate is compared with it. Exit codes: 0 no candidate is worse or has damage; 1 one is worse, \
      or has damage (a lost write, a VM on two hosts, residue), also if the base has it; or none of the claims could be \
      shown and --fail-on inconclusive is given; 2 bad input; 3 the sides can't be compared.
      """)

  enum Failure: String, ExpressibleByArgument, CaseIterable {
    case inconclusive
  }

  @Argument(help: "The base's runs, with commas between them.") var base: String
  @Argument(
    help:
      "Each candidate's runs, with commas between them. Leave it out to compare the two settings of a run with --ab."
  )
  var candidates: [String] = []
  @Option(
    help:
      "The intended difference: a key of the fingerprint or its end, such as ping-timeout, or fleet. Repeatable."
  )
  var factor: [String] = []
  @Option(
    help:
      """
      A folder of runs. It shows how much runs differ if nothing was changed, and which ones are not compared. Default: \
      the folder of the compared runs.
      """
  )
  var reports: String?
  @Option(help: "Also ends with exit code 1 in this case: inconclusive.") var failOn: Failure?
  @Option(help: "Writes comparison.html, comparison.md and comparison.json into this folder.") var out:
    String?
  @Flag(help: "Prints JSON.") var json = false

  func validate() throws {
    try refuseEmpty(["<base>": base, "--reports": reports, "--out": out])
    try refuseEmpty("<candidates>", in: candidates)
  }

  func run() throws {
    let comparisons = try candidates.isEmpty ? [settings()] : separate()
    let report = ComparisonReport(comparisons)
    if let out { try write(report, to: out) }
    if json {
      print(String(decoding: try report.json(), as: UTF8.self), terminator: "")
    } else {
      for line in report.terminalLines { print(line) }
    }
    let isInconclusive = comparisons.contains { !$0.isDecided }
    if comparisons.contains(where: \.isUnacceptable) || failOn == .inconclusive && isInconclusive {
      throw Stop(.missed)
    }
    if comparisons.contains(where: \.isRefused) { throw Stop(.refused) }
  }

  /// The two settings of a run with `--ab`.
  private func settings() throws -> SideComparison {
    let run = try MeasuredRun(folder: base)
    guard let sides = try AlternatedRun(run.entries, run.metrics) else {
      throw Stop(.badInput, "\(base) has one setting: name a candidate, or run it with --ab")
    }
    if !factor.isEmpty {
      throw Stop(.badInput, "the factor of \(base) was declared with the run: \(sides.alternation.factor)")
    }
    var comparison = SideComparison(sides)
    comparison.otherRuns = try NeighbouringRuns(in: reports, beside: [base]).map {
      comparison.others(among: $0.records, and: $0.alternated)
    }
    return comparison
  }

  /// Each candidate against the base.
  private func separate() throws -> [SideComparison] {
    let base = try side(base)
    let sides = try candidates.map { text in
      let candidate = try side(text)
      let common = Set(base.runs.map(\.name)).intersection(candidate.runs.map(\.name)).sorted()
      if let run = common.first {
        throw Stop(.badInput, "\(run) is on both sides; a run compared with itself shows nothing")
      }
      return candidate
    }
    let neighbours = try NeighbouringRuns(
      in: reports, beside: ([self.base] + candidates).flatMap(Self.folders(of:)))
    return sides.map { candidate in
      let compared = Set((base.runs + candidate.runs).map(\.name))
      var comparison = SideComparison(
        base, candidate, factors: factor,
        allowance: History.allowance(
          (neighbours?.records ?? []).filter { !compared.contains($0.name) }, like: base))
      comparison.otherRuns = neighbours.map { comparison.others(among: $0.records, and: $0.alternated) }
      return comparison
    }
  }

  private static func folders(of side: String) -> [String] { side.split(separator: ",").map(String.init) }

  private func side(_ text: String) throws -> ComparedSide {
    let folders = Self.folders(of: text)
    if folders.isEmpty { throw Stop(.badInput, "'\(text)' has no run's folder") }
    return try ComparedSide(folders: folders)
  }

  private func write(_ report: ComparisonReport, to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let files = [
        ("comparison.html", try report.html()), ("comparison.md", report.markdown()),
        ("comparison.json", try report.json()),
      ]
      for (name, data) in files { try data.write(to: URL(filePath: "\(folder)/\(name)"), options: .atomic) }
    } catch {
      throw Stop(.badInput, "\(folder): the comparison can't be written: \(ReportFolder.reason(of: error))")
    }
    printToStandardError("the comparison: \(folder)/comparison.html")
  }
}
