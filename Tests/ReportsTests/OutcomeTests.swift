import FoundationEssentials
import Glibc
import Journal
import Linux
import Metrics
import Reports
import Scenario
import Testing
import ToolTesting
import Views

/// The reports of a run agree for every outcome.
@Suite struct OutcomeTests {
  private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

  /// A page's text, unescaped.
  private func plain(_ page: String) -> String {
    page.replacing("\u{A0}", with: " ").replacing("&#39;", with: "'").replacing("&quot;", with: "\"")
      .replacing("&gt;", with: ">")
  }

  @Test("An undecided objective explains the exit code only if nothing more severe does")
  func undecidedBesideMissed() throws {
    var run = UnplugRun()
    run.entries = run.entries.map { entry in
      guard case .runBegan(var began) = entry.event else { return entry }
      began.scenario.objectives[0].limit = 52_400_000_000
      return Entry(at: entry.at, trial: entry.trial, event: .runBegan(began))
    }
    let metrics = RunMetrics(run.journal)
    #expect(metrics.verdict.outcome == .missed && metrics.objectives[0].undecided == 1)
    #expect(!text(try Report(run.journal).markdown()).contains("Undecided counts as not met"))
  }

  @Test("Headline, markdown, JUnit, terminal and exit code give the same outcome", arguments: RunOutcome.all)
  func everyReportAgrees(_ run: RunOutcome) throws {
    let metrics = run.metrics
    #expect(metrics.verdict.outcome == run.outcome, "\(metrics.verdict.reasons)")
    #expect(metrics.verdict.exitCode == run.exitCode)
    let report = try Report(run.journal, metrics)
    let words = String(run.verdict.dropFirst(2))

    let html = try report.html()
    // To see all pages: PAGES=folder.
    if let folder = ProcessInfo.processInfo.environment["PAGES"] {
      let name = run.name.replacing(" ", with: "-").replacing(",", with: "")
      try html.write(to: URL(filePath: "\(folder)/\(name).html"))
    }
    let page = plain(text(html))
    let mark =
      "<div class=\"verdict \(run.tone)\">\n<p class=\"mark\"><span class=\"shape\">\(run.verdict.prefix(1))</span>\(words)</p>"
    #expect(page.contains(mark), "\(page.components(between: "<div class=\"verdict", and: "</div>"))")
    #expect(page.contains(run.sentence), "\(page.components(between: "<div class=\"verdict", and: "</div>"))")

    checkLegends(page)

    let markdown = text(report.markdown())
    #expect(markdown.contains("\n**\(run.verdict).** "), "\(markdown.prefix(900))")
    #expect(markdown.contains(run.sentence), "\(markdown.prefix(900))")
    #expect(markdown.contains("verdict   \(run.outcome.rawValue), exit code \(run.exitCode)\n"))

    let suffix = run.exitCode == 0 ? "" : " (exit code \(run.exitCode))"
    #expect(report.terminalLines.first == run.verdict + suffix)
    #expect(report.terminalLines.contains { $0.contains(run.sentence) }, "\(report.terminalLines)")

    let suites = try #require(XMLTree(text(report.junit()))).root
    #expect((suites.attribute("failures") == "0" && suites.attribute("errors") == "0") == (run.exitCode == 0))
    checkShape(suites)
    let verdict = try #require(suites.children.first?.children.first)
    #expect(verdict.attribute("name") == "verdict")
    switch run.outcome {
    case .met: #expect(verdict.children.map(\.name) == ["system-out"])
    case .damage, .faultActive, .missed: #expect(verdict.children.map(\.name) == ["failure"])
    case .aborted, .refused, .unfinished, .void, .undecided:
      #expect(verdict.children.map(\.name) == ["error"])
    }
    let message =
      run.exitCode == 0
      ? verdict.children.first?.text ?? "" : verdict.children.first?.attribute("message") ?? ""
    #expect(message.hasPrefix("\(words).") && message.contains(run.sentence), "\(message)")

    let json = text(try report.json())
    #expect(json.contains("\"exitCode\" : \(run.exitCode),\n      \"outcome\" : \"\(run.outcome.rawValue)\""))
  }

  /// Every mark of a picture has its entry in the legend, and every entry has its mark.
  private func checkLegends(_ page: String) {
    let alike = ["whole": "ok", "broken": "fail"]
    func marks(_ text: String) -> Set<String> {
      let classes = text.split(separator: "class=\"").dropFirst().flatMap {
        $0.prefix { $0 != "\"" }.split(separator: " ")
      }
      let known: Set<String> = [
        "ok", "whole", "fail", "broken", "degraded", "unknown", "latency", "fault", "hit", "vm0", "paused",
        "doubtful",
        "lost-sight", "backlog", "lost", "arrow", "wrong", "steady", "whisker", "limit-line", "ghost", "pole",
      ]
      return Set(classes.map(String.init).filter(known.contains).map { alike[$0] ?? $0 })
    }
    for figure in page.split(separator: "<figure>").dropFirst() {
      let parts = figure.split(separator: "<figcaption>")
      guard parts.count == 2, let caption = parts[1].split(separator: "</figcaption>").first else {
        Issue.record("a figure without a legend")
        continue
      }
      // Green and orange are always explained.
      #expect(marks(String(parts[0])).union(["ok", "fail"]) == marks(String(caption)).union(["vm0"]))
    }
  }

  /// JUnit's report has the structure that its readers expect, and its counts are right.
  private func checkShape(_ suites: XMLTree.Element) {
    func check(_ element: XMLTree.Element) {
      let cases = element.all("testcase")
      #expect(element.attribute("tests") == "\(cases.count)" && !cases.isEmpty)
      for (attribute, name) in [("failures", "failure"), ("errors", "error")] {
        #expect(element.attribute(attribute) == "\(cases.count { $0.children.first?.name == name })")
      }
    }
    #expect(suites.name == "testsuites")
    check(suites)
    for suite in suites.children {
      #expect(suite.name == "testsuite" && suite.attribute("timestamp") == "2026-11-23T06:30:00Z")
      check(suite)
      #expect(Set(suite.children.map { $0.attribute("name") }).count == suite.children.count)
      for test in suite.children {
        #expect(test.name == "testcase" && test.attribute("classname") == suite.attribute("name"))
        #expect(test.children.count == 1)
        let isFinding = ["failure", "error"].contains(test.children[0].name)
        #expect(!isFinding || test.children[0].attributes.keys.sorted() == ["message", "type"])
      }
    }
  }

  @Test(
    "junit.xml passes JUnit's schema",
    .enabled(if: TestTools.have(["/usr/bin/xmllint"]), "needs xmllint (libxml2-utils)"))
  func junitPassesItsSchema() throws {
    let folder =
      FileManager.default.temporaryDirectory.path + "/murphy-junit-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = RunOutcome.all.indices.map { "\(folder)/\($0).xml" }
    for (run, file) in zip(RunOutcome.all, files) {
      try Report(run.journal, run.metrics).junit().write(to: URL(filePath: file))
    }
    let schema = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
      separator: "/")
    _ = try ChildProcess.run(
      ["/usr/bin/xmllint", "--noout", "--nonet", "--schema", schema + "/junit.xsd"] + files
    ).success()
  }

  @Test("The names of a scenario's cases don't depend on the result of a trial")
  func namesOfCasesAreStable() throws {
    func names(_ run: UnplugRun) throws -> [String] {
      let suites = try #require(XMLTree(text(try Report(run.journal).junit()))).root
      return try #require(suites.children.last).children.map { $0.attribute("name") }
    }
    let met = try names(.met())
    #expect(
      met == [
        "step unplug", "website.downtime at most 60 s", "website.time-to-recover at most 90 s",
        "writes.lost at most 0", "web.time-to-fail-over at most 60 s", "manager.time-to-detect at most 15 s",
        "storage.time-to-full-redundancy at most 180 s", "residue at most 0", "writes.lost",
        "web.running-twice", "storage.split-brain", "residue", "recovery",
      ])
    #expect(try names(.met(.init(neverBack: true, lost: 100...106, runsTwice: true))) == met)
    #expect(try names(.met { $0.withoutEffect() }) == met)
  }

  @Test("Each kind of damage has its own failing case")
  func eachDamageIsAFailingCase() throws {
    func failing(_ run: UnplugRun) throws -> [String] {
      let suites = try #require(XMLTree(text(try Report(run.journal).junit()))).root
      return suites.all("testcase").filter { $0.children.first?.attribute("type") == "damage" }
        .map { $0.attribute("name") }
    }
    #expect(try failing(.met()) == [])
    #expect(try failing(.met(.init(lost: 100...106))) == ["verdict", "writes.lost"])
    #expect(
      try failing(.records(replica: { RecordsFound(present: $0.present.subtracting([3...4])) })) == [
        "verdict", "writes.differing-replicas",
      ])
    #expect(try failing(.met(.init(runsTwice: true))) == ["verdict", "web.running-twice"])
    #expect(try failing(.met { $0.splitBrain(entries: 1) }) == ["verdict", "storage.split-brain"])
    #expect(try failing(.met(.init(residue: PageTests.left))) == ["verdict", "residue"])
    #expect(try failing(.aborted(.init(lost: 100...106))) == ["verdict", "writes.lost"])
  }

  @Test("A report states a difference between the run's exit code and the one computed now")
  func anotherExitCodeIsNamed() throws {
    // An earlier version ended this run. It ignored damage without an objective for it.
    let run = UnplugRun.met(.init(runsTwice: true)) { $0.objectives = [] }
    let report = try Report(run.journal)
    for text in [text(report.markdown()), text(try report.html())] {
      #expect(text.contains("the run ended with exit code 0, by the definitions of its own version"))
    }
  }
}

extension String {
  /// The text between two texts, for the message of a failure.
  func components(between start: String, and end: String) -> String {
    guard let from = firstRange(of: start)?.upperBound, let to = self[from...].firstRange(of: end)?.lowerBound
    else { return "" }
    return String(self[from..<to])
  }
}
