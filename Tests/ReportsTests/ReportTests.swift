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

  /// Compares with the file that is kept; set GOLDEN=write to keep what is made now.
  func expect(_ data: Data, equals name: String) throws {
    let url = URL(filePath: Self.golden + name)
    if ProcessInfo.processInfo.environment["GOLDEN"] == "write" { try data.write(to: url) }
    let kept = try Data(contentsOf: url)
    #expect(String(decoding: data, as: UTF8.self) == String(decoding: kept, as: UTF8.self))
  }

  @Test func runJSONIsKept() throws {
    try expect(try Report(UnplugRun().journal).json(), equals: "run.json")
  }

  @Test func markdownIsKept() throws {
    try expect(try Report(UnplugRun().journal).markdown(), equals: "report.md")
  }

  @Test func junitIsKept() throws {
    try expect(try Report(UnplugRun().journal).junit(), equals: "junit.xml")
  }

  @Test("metrics.txt is kept")
  func openMetricsAreKept() throws {
    try expect(try Report(UnplugRun().journal).openMetrics(), equals: "metrics.txt")
  }
}
