import FoundationEssentials
import Journal
import Metrics
import Reports
import Scenario
import Testing

@Suite struct ReportTests {
  static let golden =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    .joined(separator: "/") + "/Golden/"

  /// Compares with the golden file; GOLDEN=write replaces it.
  func expect(_ data: Data, equals name: String) throws {
    let url = URL(filePath: Self.golden + name)
    if ProcessInfo.processInfo.environment["GOLDEN"] == "write" { try data.write(to: url) }
    let kept = try Data(contentsOf: url)
    #expect(String(decoding: data, as: UTF8.self) == String(decoding: kept, as: UTF8.self))
  }

  @Test("run.json equals the golden file")
  func runJSONIsKept() throws {
    try expect(try Report(UnplugRun().journal).json(), equals: "run.json")
  }

  @Test("report.md equals the golden file")
  func markdownIsKept() throws {
    try expect(try Report(UnplugRun().journal).markdown(), equals: "report.md")
  }

  @Test("junit.xml equals the golden file")
  func junitIsKept() throws {
    try expect(try Report(UnplugRun().journal).junit(), equals: "junit.xml")
  }

  @Test("metrics.txt equals the golden file")
  func openMetricsAreKept() throws {
    try expect(try Report(UnplugRun().journal).openMetrics(), equals: "metrics.txt")
  }
}
