import Scenario
import Testing

@testable import murphy_bench

/// The table of `murphy-bench fan-out`.
struct FanOutLineTests {
  private static func line(_ agents: Int, processor: Double, memory: Int) -> FanOutLine {
    FanOutLine(
      agents: agents, ready: .milliseconds(1_234), spread: .milliseconds(20), latest: .milliseconds(25),
      processor: processor, share: 0.05, memory: memory, sshMemory: 1000, sshProcessor: 0.5)
  }

  @Test("Figures on a straight line have its slope, and no distance from it")
  func straight() throws {
    let fit = try #require(LineFit([(10, 3), (30, 5), (100, 12)]))
    #expect(abs(fit.slope - 0.1) < 1e-9 && abs(fit.offset - 2) < 1e-9 && fit.deviation < 1e-9)
  }

  @Test("The distance of a figure that grows faster than the agents is shown")
  func curved() throws {
    let fit = try #require(LineFit([(0, 0), (10, 1), (20, 8)]))
    #expect(abs(fit.slope - 0.4) < 1e-9 && abs(fit.offset + 1) < 1e-9 && abs(fit.deviation - 2) < 1e-9)
    #expect(LineFit([(10, 3)]) == nil)
  }

  @Test("Each line has a cell below each head, and the fits name the controller's figures")
  func table() {
    let lines = [Self.line(10, processor: 1, memory: 50_000), Self.line(30, processor: 1.5, memory: 60_000)]
    #expect(FanOutLine.heads.count == 9 * 14)
    #expect(
      lines[0].description.split(separator: "  ", omittingEmptySubsequences: true).map {
        $0.trimmingPrefix(while: { $0 == " " })
      } == ["10", "1.2 s", "20.0 ms", "25.0 ms", "1.00 s", "5.0 %", "51.2 MB", "1.0 MB", "0.5 s"])
    #expect(
      FanOutLine.fits(lines).map { $0.prefix(while: { $0 != ":" }) } == ["processor", "at rest", "memory"])
    #expect(
      FanOutLine.fits(lines)[0]
        == "processor: 0.7500 + 0.0250 s for each agent; at most 0.0000 from this line")
  }
}
