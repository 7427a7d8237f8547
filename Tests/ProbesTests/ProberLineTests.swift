import Foundation
import Journal
import Scenario
import Testing

@testable import murphy_bench

struct ProberLineTests {
  private struct Figures: Decodable {
    var slipMax: Int64?
    var unknown: Int
    var reasons: [String: Int]
  }

  @Test("A request that was not sent counts as late until it was given up")
  func slips() throws {
    var line = ProberLine(kind: "murphy tcp", probes: 1)
    for (sent, status) in [(Nanoseconds.milliseconds(1), "open"), (nil, "late")] as [(Nanoseconds?, String)] {
      line.take(
        Sample(
          trial: 1, probe: "p0", sequence: 1, scheduled: .zero, sent: sent, completed: .milliseconds(60),
          verdict: sent == nil ? .unknown : .ok, status: status),
        isOwn: true)
    }
    let figures = try JSONDecoder().decode([Figures].self, from: Data(ProberLine.json([line]).utf8))
    #expect(figures.map(\.slipMax) == [60_000_000])
    #expect(figures.map(\.unknown) == [1])
    #expect(figures.map(\.reasons) == [["unknown late": 1]])
  }
}
