import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Scenario
import Testing

private let isReady = access(Chromium.program, X_OK) == 0 && geteuid() == 0

/// The page of all runs, as `murphy history --out` writes it.
@Suite(.serialized, .enabled(if: isReady, "needs root and the Debian package chromium"))
struct IndexInBrowserSerialTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let folder = root + "/.build/artefacts/history"
  private static let runs = ["run-1", "run-2", "drill-3"]
  /// Three copies of the kept run, and the pages of their history.
  private static let pages = Result {
    let kept = root + "/reports/2026-11-23T0949Z-unplug-host-102f"
    try? FileManager.default.removeItem(atPath: folder)
    for (day, run) in runs.enumerated() {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(run)", withIntermediateDirectories: true)
      let events = String(
        decoding: try Data(contentsOf: URL(filePath: "\(kept)/events.jsonl")), as: UTF8.self)
      let named = events.replacing(
        "\"run\":\"2026-11-23T0949Z-unplug-host-102f\"", with: "\"run\":\"\(run)\""
      ).replacing("2026-11-23T", with: "2026-11-1\(day)T")
      try Data(named.utf8).write(to: URL(filePath: "\(folder)/\(run)/events.jsonl"))
      try Data(contentsOf: URL(filePath: "\(kept)/samples.csv")).write(
        to: URL(filePath: "\(folder)/\(run)/samples.csv"))
    }
    return try ChildProcess.run(
      [TestProducts.murphy, "history", "--reports", folder, "--out", folder], within: .seconds(300)
    ).end.isSuccess
  }

  private let browser: Chromium

  init() throws {
    #expect(try Self.pages.get())
    browser = try Chromium()
    try browser.resize(1200, 900)
  }

  private func shown() throws -> String {
    try browser.text(
      "[...document.querySelectorAll('.all tbody tr')].filter(row => row.getClientRects().length)"
        + ".map(row => row.cells[5].textContent).join(' ')")
  }

  private func choose(_ field: String, _ value: String) throws {
    try browser.value(
      "{ const field = document.getElementById('\(field)'); field.value = '\(value)'; "
        + "field.dispatchEvent(new Event('input')) }")
  }

  @Test("Search and filters show the runs that fit, the address keeps the choice, and nothing is refused")
  func search() throws {
    try browser.open(Self.folder + "/index.html")
    #expect(try shown() == "drill-3 run-2 run-1")
    try choose("search", "RUN 2026-11-11")
    #expect(try shown() == "run-2")
    #expect(try browser.text("document.getElementById('count').textContent") == "1 of 3 runs")
    #expect(try browser.text("location.hash") == "#search=RUN+2026-11-11")
    try choose("search", "")
    try choose("outcome", "undecided")
    #expect(try shown() == "drill-3 run-2 run-1")
    try browser.open(Self.folder + "/index.html#search=drill-3")
    #expect(try shown() == "drill-3")
    #expect(browser.complaints == [])
  }

  @Test("Without its script the page shows all runs, and no fields that do nothing")
  func withoutScript() throws {
    try browser.call("Emulation.setScriptExecutionDisabled", ["value": .bool(true)])
    try browser.open(Self.folder + "/index.html")
    #expect(try shown() == "drill-3 run-2 run-1")
    #expect(try browser.number("document.querySelector('.tools').getClientRects().length") == 0)
  }

  @Test("A history fits into 320 and 1200 pixels, and leads to the reports", arguments: [320, 1200])
  func history(_ width: Int) throws {
    try browser.resize(width, 900)
    try browser.open(Self.folder + "/unplug-host@drill.html")
    #expect(try browser.number("document.documentElement.scrollWidth") <= Double(width))
    #expect(
      try browser.text("document.querySelector('.runs a').getAttribute('href')") == "drill-3/report.html")
    #expect(browser.complaints == [])
  }
}
