import FoundationEssentials
import Glibc
import Linux
import ProductTesting
import Scenario
import Testing

private let isReady = access(Chromium.program, X_OK) == 0 && geteuid() == 0

/// The use of the kept run's `report.html`: with a pointer, with keys, in several sizes, and without its script.
@Suite(.serialized, .enabled(if: isReady, "needs root and the Debian package chromium"))
struct PageInBrowserSerialTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let artefacts = root + "/.build/artefacts/report"
  private static let page = artefacts + "/report.html"
  /// The kept run's report, computed by the built program.
  private static let report = Result {
    let kept = root + "/reports/2026-11-23T0949Z-unplug-host-102f"
    try FileManager.default.createDirectory(atPath: artefacts, withIntermediateDirectories: true)
    for name in ["events.jsonl", "samples.csv"] {
      let data = try Data(contentsOf: URL(filePath: "\(kept)/\(name)"))
      try data.write(to: URL(filePath: "\(artefacts)/\(name)"))
    }
    return try ChildProcess.run([TestProducts.murphy, "report", artefacts]).end.isSuccess
  }

  private let browser: Chromium

  init() throws {
    #expect(try Self.report.get())
    browser = try Chromium()
    try browser.resize(1440, 900)
    try browser.open(Self.page)
  }

  /// The place of a moment on the screen: the middle of the picture, at this number of seconds since the effect.
  private func place(_ seconds: Double) throws -> (x: Double, y: Double) {
    let picture = "document.querySelector('.picture.wide')"
    let axis = try browser.text("\(picture).dataset.axis").split(separator: " ").compactMap { Double($0) }
    try browser.value("\(picture).scrollIntoView({block: 'center'})")
    func room(_ name: String) throws -> Double {
      try browser.number("\(picture).getBoundingClientRect().\(name)")
    }
    let width = try browser.number("\(picture).viewBox.baseVal.width")
    let x = axis[2] + (seconds * 1000 - axis[0]) / (axis[1] - axis[0]) * axis[3]
    return (try room("left") + x / width * room("width"), try room("top") + room("height") / 2)
  }

  /// The words beside the cross-hair: `t`, and a value for each lane.
  private func read() throws -> (time: String, lanes: [String: String]) {
    let rows = try browser.text(
      "[...document.querySelectorAll('.box dt')].map(e => e.textContent + '=' + e.nextSibling.textContent).join('\\n')"
    )
    let pairs = rows.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    return (
      try browser.text("document.querySelector('.box:not([hidden]) b')?.textContent ?? ''"),
      Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1]) })
    )
  }

  @Test("The page shows the values of all lanes at the moment at which the reader points")
  func crossHair() throws {
    let (x, y) = try place(30)
    try browser.point(.mouseMoved, x, y)
    let (time, lanes) = try read()
    #expect(time == "30.0 s" || time == "29.9 s" || time == "30.1 s", "\(time)")
    #expect(
      lanes["website"] == "down" && lanes["writes"] == "down, storage’s timer: up to 42.0 s", "\(lanes)")
    #expect(lanes["storage"] == "not known")
    #expect(lanes["manager"]?.contains("dauntless offline") == true, "\(lanes)")
    #expect(lanes["truth"]?.contains("web runs on dauntless") == true, "\(lanes)")
    #expect(lanes["fault"] == "host.unplug dauntless")
    let (later, _) = try place(95)
    try browser.point(.mouseMoved, later, y)
    let website = try read().lanes["website"]
    #expect(website?.hasPrefix("answers, latency ≈ ") == true && website?.hasSuffix(" ms") == true)
    try browser.point(.mouseMoved, 10, 10)
    #expect(try read().time == "")
    #expect(browser.complaints == [])
  }

  @Test("A drag adds up each lane to the same times as the tables, and the page's address has the range")
  func drag() throws {
    let (left, y) = try place(-5)
    let (right, _) = try place(80)
    try browser.point(.mousePressed, left, y)
    try browser.point(.mouseMoved, (left + right) / 2, y, isPressed: true)
    try browser.point(.mouseMoved, right, y, isPressed: true)
    try browser.point(.mouseReleased, right, y)
    let (time, lanes) = try read()
    #expect(time.hasSuffix(": 85.0 s") || time.hasSuffix(": 84.9 s") || time.hasSuffix(": 85.1 s"), "\(time)")
    #expect(lanes["website"]?.contains("down 60.8 s") == true, "\(lanes)")
    let address = try browser.text("location.hash")
    #expect(address.hasPrefix("#t=-") && address.contains(".."), "\(address)")
    try browser.open(Self.page + address)
    #expect(try read().lanes["website"]?.contains("down 60.8 s") == true)
    #expect(browser.complaints == [])
  }

  @Test(
    "An address with a moment opens the page at this moment, and a moment in a table is a link to such an address"
  )
  func links() throws {
    try browser.open(Self.page + "#t=8.4")
    #expect(try read().time == "8.4 s")
    #expect(
      try browser.text("document.querySelector('.steps a').hash") == "#t=8.4")
    try browser.value("document.querySelectorAll('.steps a')[1].click()")
    try browser.until("at 60.9 s") { try read().time == "60.9 s" }
    try browser.open(Self.page + "#t=<b>")
    #expect(try read().time == "")
    #expect(browser.complaints == [])
  }

  @Test("Keys move the cross-hair, go to the next change, add up and end")
  func keys() throws {
    try browser.value("document.querySelector('.picture.wide').focus()")
    try browser.press("ArrowDown")
    let first = try read().time
    try browser.press("ArrowDown")
    let second = try read().time
    #expect(first != "" && second != "" && second != first)
    try browser.press("Home")
    #expect(try read().time.hasPrefix("-"))
    try browser.press("End", shift: true)
    #expect(try read().time.contains(" to "))
    #expect(try read().lanes["website"]?.contains("down 60.8 s") == true)
    try browser.press("ArrowLeft")
    let moved = try read().time
    #expect(moved != "" && !moved.contains(" to "))
    try browser.press("Escape")
    #expect(try read().time == "")
    #expect(browser.complaints == [])
  }

  @Test("A table's row and its lane highlight each other")
  func rows() throws {
    func hover(_ element: String) throws {
      try browser.value("\(element).scrollIntoView({block: 'center'})")
      let room = "\(element).getBoundingClientRect()"
      try browser.point(
        .mouseMoved, try browser.number("\(room).left + 5"), try browser.number("\(room).top + 5"))
    }
    func marked(_ what: String) throws -> [String] {
      let names = try browser.text(
        "[...document.querySelectorAll('\(what).on')].map(e => e.dataset.lane).join()")
      return Set(names.split(separator: ",").map(String.init)).sorted()
    }
    try hover("document.querySelector('.objectives tr[data-lane=manager]')")
    #expect(try marked("tr") == ["manager"])
    #expect(try marked(".picture.wide g") == ["manager"])
    try hover("document.querySelector('.picture.wide g[data-lane=website] rect')")
    #expect(try marked("tr") == ["website"])
    try browser.point(.mouseMoved, 5, 5)
    #expect(try marked("tr") == [])
  }

  @Test("The policy refuses every other script and style, and every request to the network")
  func policy() throws {
    let added = """
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="window.hit = 1"><p style="color:red">x</p>'); \
      const script = document.createElement('script'); script.textContent = 'window.hit = 1'; \
      document.body.append(script); fetch('http://127.0.0.1:1/').catch(() => window.refused = 1); 1
      """
    try browser.value(added)
    try browser.until("refused the network") { try browser.value("window.refused") == .integer(1) }
    #expect(try browser.value("window.hit ?? 0") == .integer(0))
    #expect(browser.complaints.count { $0.contains("Content Security Policy") } >= 4, "\(browser.complaints)")
    // No server listens at the address, so only the complaint shows that the policy refused the request.
    #expect(browser.complaints.contains { $0.contains("connect-src") }, "\(browser.complaints)")
  }

  @Test("Without its script the page has the same tables and pictures, and no control that needs the script")
  func plain() throws {
    let facts = "[...document.querySelectorAll('td, .picture text')].map(e => e.textContent).join('|')"
    let withScript = try browser.text(facts)
    try browser.call("Emulation.setScriptExecutionDisabled", ["value": .bool(true)])
    try browser.open(Self.page)
    #expect(try browser.text(facts) == withScript)
    #expect(try browser.number("document.querySelectorAll('a, .box, .hint').length") == 0)
  }

  @Test(
    "The page fits in every size, and the test keeps a screenshot",
    arguments: [("phone", 360), ("small", 320), ("laptop", 1440), ("a4", 695)])
  func sizes(_ name: String, _ width: Int) throws {
    try browser.resize(width, 900)
    if name == "a4" { try browser.call("Emulation.setEmulatedMedia", ["media": .string("print")]) }
    try browser.open(Self.page)
    #expect(try browser.number("document.documentElement.scrollWidth") <= Double(width))
    // No text of a picture is outside it.
    let outside = """
      [...document.querySelectorAll('.picture text')].filter(e => { const t = e.getBoundingClientRect(), \
      p = e.closest('svg').getBoundingClientRect(); return t.width && (t.left < p.left - 1 || t.right > p.right + 1) }) \
      .map(e => e.textContent).join('; ')
      """
    let texts = try browser.text(outside)
    #expect(texts == "")
    try browser.screenshot().write(to: URL(filePath: "\(Self.artefacts)/\(name).png"))
    if name == "a4" {
      try browser.call("Emulation.setEmulatedVisionDeficiency", ["type": .string("achromatopsia")])
      try browser.screenshot().write(to: URL(filePath: "\(Self.artefacts)/grey.png"))
    }
  }
}
