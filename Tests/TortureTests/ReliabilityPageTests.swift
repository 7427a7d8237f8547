import Faults
import Glibc
import Linux
import ProductTesting
import Scenario
import Testing

/// The page that `make torture` writes, from records of the test.
@Suite struct ReliabilityPageTests {
  /// The page of one case of each of these faults.
  private func page(_ faults: [String]) throws -> [Substring] {
    let lines = faults.map {
      #"{"part": "namespaces", "fault": "\#($0)", "who": "agent", "how": "kill", "moment": "while holding", "#
        + #""strikes": 1, "kills": 1, "link": "watchdog", "residue": [], "again": "", "notes": []}"#
    }
    let records = "/tmp/murphy-page-\(getpid())-\(faults.count)"
    try DurableFile.write(Array(lines.joined(separator: "\n").utf8), to: records)
    defer { unlink(records) }
    return try ChildProcess.run([
      TestProducts.torture, "table", records, "--measured", "commit 1234abc, 2026-11-27",
    ]).success().split(separator: "\n")
  }

  private static let untried = "Variants without a case here: "

  @Test("The page has the state of the code, and names every variant without a case")
  func gaps() throws {
    let variants = Catalogue.builtIn.cases
    let tortured = variants.filter { $0.needs != .itsTests }.map { "\($0)" }
    let left = try #require(tortured.first)
    let page = try page(Array(tortured.dropFirst()))
    #expect(page.contains("Measured at commit 1234abc, 2026-11-27."))
    #expect(page.contains("\(Self.untried)\(left)."))
    #expect(
      page.contains(
        "- clock.skew ahead, clock.skew behind: only a virtual machine has a separate wall clock."))
    for one in variants where one.needs == .itsTests {
      #expect(page.contains { $0.hasPrefix("- ") && $0.contains("\(one)") }, "\(one)")
    }
    #expect(!(try self.page(tortured).contains { $0.hasPrefix(Self.untried) }))
  }
}
