import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Testing
import ToolTesting

private let isReady =
  TestTools.have([Chromium.program, "/usr/bin/pdftotext", "/usr/bin/pdfinfo"]) && geteuid() == 0

/// The PDFs that `murphy evidence RUN --pdf` prints, read by poppler.
@Suite(.serialized, .enabled(if: isReady, "needs root and the Debian packages chromium and poppler-utils"))
struct EvidenceInPrintSerialTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")

  private func output(_ command: [String]) throws -> String {
    let outcome = try ChildProcess.run(command, within: .seconds(300))
    try #require(outcome.end.isSuccess, "\(command): \(outcome.errorText)")
    return outcome.outputText
  }

  @Test(
    "Both PDFs have pages of text, with the verdict, what people added, and no control of the page's script")
  func readable() throws {
    let folder = Self.root + "/.build/artefacts/evidence"
    let run = folder + "/2026-11-23T0949Z-unplug-host-102f"
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    for name in ["events.jsonl", "samples.csv"] {
      try Data(contentsOf: URL(filePath: "\(Self.root)/reports/2026-11-23T0949Z-unplug-host-102f/\(name)"))
        .write(to: URL(filePath: "\(run)/\(name)"))
    }
    let murphy = TestProducts.murphy
    _ = try output([murphy, "report", run])
    _ = try output([murphy, "finding", run, "Monitoring was blind", "--severity", "major"])
    _ = try output([murphy, "note", run, "Reset the switch", "--intervention", "12m"])
    let written = try output([murphy, "evidence", run, "--pdf"]).split(separator: "\n").map(String.init)
    #expect(written == ["evidence.html", "evidence.pdf", "report.pdf"].map { "\(run)-evidence/\($0)" })
    for (name, words) in [
      (
        "evidence",
        ["Monitoring was blind", "Reset the switch", "Chronology", "Sign-off", "website.downtime"]
      ),
      ("report", ["website", "host.unplug"]),
    ] {
      let pdf = "\(run)-evidence/\(name).pdf"
      let facts = try output(["pdfinfo", pdf]).split(separator: "\n")
      let pages = facts.first { $0.hasPrefix("Pages:") }?.split(separator: " ").last.flatMap { Int($0) }
      #expect((1...60).contains(pages ?? 0), "\(facts)")
      #expect(facts.contains { $0.hasPrefix("Encrypted:") && $0.hasSuffix("no") })
      let text = try output(["pdftotext", "-layout", pdf, "-"])
      for word in words { #expect(text.contains(word), "\(name): \(word)") }
    }
  }
}
