import FoundationEssentials
import Glibc
import HostTesting
import Journal
import Linux
import Reports
import Testing
import ToolTesting

private let promtool = "/usr/bin/promtool"

/// The checks of Prometheus's own tool on `metrics.txt`.
@Suite(.enabled(if: TestTools.have([promtool]), "needs the Debian package prometheus"))
struct OpenMetricsTests {
  /// A run that met its objectives; one with a censored duration, a lost write and a machine on two hosts.
  private static let runs: [UnplugRun] = [
    .met(), .met(.init(neverBack: true, lost: 100...106, runsTwice: true)),
  ]

  @Test("promtool accepts its names, help texts and values", arguments: [0, 1])
  func check(_ index: Int) throws {
    let text = try Report(Self.runs[index].journal).openMetrics()
    let outcome = try ChildProcess.run([promtool, "check", "metrics"], input: Array(text))
    #expect(outcome.end.isSuccess && outcome.outputText == "", "\(outcome.outputText)\(outcome.errorText)")
  }

  @Test("promtool makes blocks of a Prometheus database of it", arguments: [0, 1])
  func blocks(_ index: Int) throws {
    try withTemporaryFolder { folder in
      try Report(Self.runs[index].journal).openMetrics().write(to: URL(filePath: "\(folder)/metrics.txt"))
      let outcome = try ChildProcess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", "\(folder)/metrics.txt", "\(folder)/data"],
        within: .seconds(60))
      #expect(outcome.end.isSuccess, "\(outcome.outputText)\(outcome.errorText)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/data").count == 1)
    }
  }
}
