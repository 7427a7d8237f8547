import Foundation
import Glibc
import Linux
import NamespaceTesting
import ProductTesting
import Testing

/// The prober with a real service whose state is known. `make bench` does the same for longer.
@Suite(.serialized, .enabled(if: getuid() == 0, "needs root: namespaces"))
struct ProberBenchSerialTests {
  private struct Outages: Decodable {
    var probe: String
    var made: Int
    var right: Int
    var wrong: Int
    var missed: Int
    var unseen: Int
    var invented: Int
  }

  @Test("The true length of every outage is within the reported bounds, and no other outage is reported")
  func outages() async throws {
    let outcome = try await ChildProcess.runAsync(
      [TestProducts.bench, "outages", "--count", "6", "--longest", "600", "--json"], within: .seconds(120))
    #expect(outcome.end.isSuccess, "\(outcome.errorText)")
    let lines = try JSONDecoder().decode([Outages].self, from: Data(outcome.output))
    #expect(lines.count == 10)
    for line in lines {
      #expect(line.wrong == 0 && line.missed == 0 && line.invented == 0, "\(line)")
      #expect(line.made == 6 && line.right + line.unseen == 6, "\(line)")
    }
    #expect(lines.contains { $0.right > 0 })
  }

  private struct Load: Decodable {
    var kind: String
    var answered: Int
    var failed: Int
  }

  @Test("An overloaded prober reports no failure of a healthy service")
  func saturation() async throws {
    let outcome = try await ChildProcess.runAsync(
      [TestProducts.bench, "prober", "--alone", "--kinds", "http,https", "--seconds", "4", "--json"],
      within: .seconds(120))
    #expect(outcome.end.isSuccess, "\(outcome.errorText)\(outcome.outputText)")
    let lines = try JSONDecoder().decode([Load].self, from: Data(outcome.output))
    #expect(lines.count == 2)
    for line in lines { #expect(line.failed == 0 && line.answered > 0, "\(line)") }
  }
}
