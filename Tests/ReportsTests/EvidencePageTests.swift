@testable import Evidence
import FoundationEssentials
import Journal
import Reports
import Scenario
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

  @Test("The page needs no other file, no server and no script, and its policy allows only its style")
  func alone() throws {
    let page = try page(UnplugRun())
    for word in ["<script", "<link", "<img", "@import", "src=", "url(http", "href="] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"))
  }
}
