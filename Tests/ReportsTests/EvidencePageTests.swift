import Comparison
@testable import Evidence
import FoundationEssentials
import History
import Journal
import Metrics
import Reports
import Scenario
import Statistics
import Testing

@Suite struct EvidencePageTests {
  private func page(_ run: UnplugRun, _ review: Review = Review(), drill: Drill? = nil) throws -> String {
    var journal = run.journal
    if let drill, case .runBegan(var began) = journal.entries[0].event {
      began.scenario.drill = drill
      journal.entries[0].event = .runBegan(began)
    }
    let page = EvidencePage(
      try Report(journal), review, Verification(recorded: nil, reviewFault: nil, signed: []), digests: [])
    return String(decoding: try page.html(), as: UTF8.self).replacing("\u{A0}", with: " ")
  }

  private func review(_ contents: ReviewEntry.Content...) -> Review {
    var review = Review()
    review.entries = contents.map { ReviewEntry(at: "2026-11-24T08:00:00Z", by: "jane", content: $0) }
    return review
  }

  /// The cells of the chronology's rows.
  private func chronology(_ page: String) throws -> [String] {
    let begin = try #require(page.firstRange(of: "class=\"chronology\"")).upperBound
    let end = try #require(page[begin...].firstRange(of: "</tbody>")).lowerBound
    return page[begin..<end].split(separator: "<tr>").dropFirst(2).map { row in
      row.split(separator: "</td>").map { $0.replacing("<td>", with: "") }.dropLast().joined(separator: "|")
    }
  }

  @Test("Each fact of the drill is on the page, and a missing one is shown as not stated")
  func facts() throws {
    let empty = try page(UnplugRun())
    for field in Drill.Field.allCases {
      let name = field.summary.replacing("'", with: "&#39;")
      #expect(
        empty.contains("<dt>\(name)</dt><dd><span class=\"not-stated\">not stated</span></dd>"))
    }
    var drill = Drill()
    drill[.lead] = ["Jane <Doe>", "Ann"]
    let stated = try page(UnplugRun(), drill: drill)
    #expect(stated.contains("<dt>who leads the drill</dt><dd><div>Jane &lt;Doe&gt;</div><div>Ann</div></dd>"))
  }

  @Test("A note with a time is in its place in the chronology, and one without a time is among the notes")
  func chronologyIsInOrder() throws {
    let run = UnplugRun()
    guard case .runBegan(let began) = run.journal.entries[0].event else {
      Issue.record("the run has no beginning")
      return
    }
    let start = try Date(began.wall, strategy: .iso8601)
    let moment = (start + 30).formatted(.iso8601)
    let page = try page(
      run, review(.note(text: "the phone rang", moment: moment), .note(text: "calm", moment: nil)))
    let lines = try chronology(page)
    #expect(lines.map { $0.prefix(10) } == lines.map { $0.prefix(10) }.sorted())
    #expect(lines.first?.hasSuffix("|run began|Murphy") == true, "\(lines)")
    let note = try #require(lines.firstIndex { $0.contains("the phone rang|jane") })
    let effective = try #require(lines.firstIndex { $0.contains("effective") })
    let reverted = try #require(lines.firstIndex { $0.contains("reverted by") })
    #expect(effective < note && note < reverted)
    #expect(lines.contains { $0.contains("website: first failed request") })
    #expect(!lines.contains { $0.contains("calm") })
    #expect(page.contains("<td>calm</td>"))
  }

  @Test("A run that met everything is passed, with its open findings as conditions; other outcomes are not")
  func conclusion() throws {
    func conclusion(_ run: UnplugRun, _ review: Review = Review()) throws -> String {
      let page = try page(run, review)
      let begin = try #require(page.firstRange(of: "<dt>conclusion</dt><dd><div>")).upperBound
      let end = try #require(page[begin...].firstRange(of: "</div>")).lowerBound
      return String(page[begin..<end])
    }
    #expect(try conclusion(.met()) == "passed")
    let blind = Finding(number: 1, title: "blind", severity: .critical)
    var closed = Finding(number: 2, title: "slow", severity: .minor)
    closed.state = .closed
    #expect(
      try conclusion(.met(), review(.finding(blind), .finding(closed)))
        == "passed, with conditions: blind (finding 1)")
    #expect(try conclusion(.met(), review(.finding(closed))) == "passed")
    #expect(try conclusion(UnplugRun(), review(.finding(blind))) == "failed")
    #expect(try conclusion(.met(.init(lost: 100...106))) == "failed")
  }

  @Test("Each role that has not signed is shown as not stated")
  func rolesWithoutSignature() throws {
    let page = try page(UnplugRun())
    for role in Manifest.Role.allCases {
      #expect(
        page.contains(
          "<tr><td>\(role.rawValue)</td><td>not stated</td><td>not stated</td><td>no signature</td></tr>"))
    }
  }

  @Test("Open findings are counted at the top, and each finding is in the table with its last state")
  func findings() throws {
    var closed = Finding(number: 2, title: "slow", severity: .minor)
    closed.state = .closed
    let page = try page(
      UnplugRun(),
      review(.finding(Finding(number: 1, title: "blind", severity: .critical)), .finding(closed)))
    #expect(page.contains("1 open finding of 2."))
    #expect(page.contains("<td>1</td><td>blind</td><td>critical</td><td>not stated</td>"))
    #expect(try self.page(UnplugRun()).contains("No finding was added."))
  }

  @Test("Deviations are listed; a run that went as planned has none")
  func deviations() throws {
    #expect(try page(UnplugRun()).contains("<li>None was found.</li>"))
    var run = UnplugRun()
    run.entries.insert(
      Entry(at: run.entries.last?.at ?? .zero, trial: 1, event: .trialVoid(reason: "a storm")),
      at: run.entries.count - 1)
    #expect(try page(run).contains("void: a storm"))
  }

  @Test("Interventions are among the results with their sum, and those with a time in the chronology")
  func interventions() throws {
    #expect(try self.page(UnplugRun()).contains("<dt>manual interventions</dt><dd><div>none was noted</div>"))
    let page = try page(
      UnplugRun(),
      review(
        .intervention(text: "reset the switch", moment: "2026-11-23T06:31:00Z", seconds: 720),
        .intervention(text: "restarted glusterd", moment: nil, seconds: 300)))
    #expect(page.contains("<dt>manual interventions</dt><dd><div>2, 17 min in all</div>"), "\(page)")
    #expect(try chronology(page).contains { $0.contains("reset the switch|jane") })
    #expect(page.contains(": restarted glusterd</td>"))
  }

  @Test("A step that began late, and another target than in the first trial, are deviations")
  func lateStart() throws {
    var run = UnplugRun()
    for index in run.entries.indices where run.entries[index].event == .phaseBegan(.faults) {
      run.entries[index].at = run.entries[index].at - .seconds(8)
    }
    let late = try page(run)
    #expect(late.contains("<li>step unplug began 6."), "\(late)")
    let index = try #require(
      run.entries.firstIndex { if case .stepChosen = $0.event { true } else { false } })
    let other = StepChosen(step: "unplug", hosts: ["excelsior"], vms: [], how: "by hand")
    run.entries.insert(
      Entry(at: run.entries[index].at, trial: 1, event: .stepChosen(other)), at: index + 1)
    #expect(try page(run).contains("target changed: step unplug hit excelsior, and falco before"))
  }

  @Test(
    "The change since the last run of the same scenario and fleet, and earlier findings, are among the results"
  )
  func earlier() throws {
    let report = try Report(UnplugRun().journal)
    func record(_ name: String, began: Int, fleet: String = "tdf", low: Double, met: Int, kernel: String)
      -> RunRecord
    {
      RunRecord(
        name: name, folder: "reports/\(name)", began: began, scenario: "unplug-host", title: "", fleet: fleet,
        outcome: met == 1 ? .met : .missed, exitCode: 0, trials: 1,
        results: [
          ObjectiveRecord(
            objective: Objective(
              subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000),
            isPrimary: true, margin: Margin(relative: 0.1, absolute: 0),
            median: BoundedValue(low: low * 1e9, high: low * 1e9), met: met, missed: 1 - met, undecided: 0)
        ],
        conditions: Conditions(scenario: [:], digests: [:], fingerprints: ["falco": ["kernel": kernel]]))
    }
    let own = "2026-11-23T0630Z-unplug-host-3f9a"
    var blind = Finding(number: 1, title: "blind", severity: .critical)
    blind.state = .closed
    let earlier = EarlierRuns(
      before: report,
      among: [
        record(own, began: 30, low: 61, met: 0, kernel: "6.12"),
        record("b", began: 20, low: 50, met: 1, kernel: "6.1"),
        record("a", began: 10, low: 40, met: 1, kernel: "6.1"),
        record("later", began: 40, low: 1, met: 1, kernel: "6.1"),
        record("other", began: 25, fleet: "x", low: 1, met: 1, kernel: "6.1"),
      ]
    ) { $0.name == "a" ? review(.finding(blind)) : Review() }
    let page = String(
      decoding: try EvidencePage(
        report, Review(), Verification(recorded: nil, reviewFault: nil, signed: []), digests: [],
        earlier: earlier
      ).html(), as: UTF8.self
    ).replacing("\u{A0}", with: " ")
    for line in [
      "the last run is b: met, now missed",
      "website.downtime: 50.0 s, met in 1 of 1 trial, now 61.0 s, met in 0 of 1 trial",
      "changed: kernel from 6.1 to 6.12", "a, finding 1: blind: closed",
    ] { #expect(page.contains("<div>\(line)</div>"), "\(line)") }
  }

  @Test("The page needs no other file, no server and no script, and its policy allows only its style")
  func alone() throws {
    let page = try page(UnplugRun())
    for word in ["<script", "<link", "<img", "@import", "src=", "url(http", "href="] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"))
  }
}
