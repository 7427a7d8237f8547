import Evidence
import FoundationEssentials
import Testing

struct ReviewTests {
  private func entry(_ content: ReviewEntry.Content) -> ReviewEntry {
    ReviewEntry(at: "2026-11-27T11:00:00Z", by: "jane", content: content)
  }

  @Test("Entries are read in their order, and a later finding with the same number replaces the earlier one")
  func findings() throws {
    try withRunFolder { run in
      var finding = Finding(number: 1, title: "blind", severity: .major)
      try run.folder.append { _ in entry(.finding(finding)) }
      try run.folder.append { _ in entry(.finding(Finding(number: 2, title: "slow", severity: .minor))) }
      finding.state = .closed
      finding.retest = "2026-12-01T0630Z-unplug-77aa"
      try run.folder.append { review in
        #expect(review.findings.map(\.state) == [.open, .open])
        return entry(.finding(finding))
      }
      let review = try run.folder.review()
      #expect(review.entries.count == 3)
      #expect(review.findings.map(\.title) == ["blind", "slow"])
      #expect(review.findings.map(\.state) == [.closed, .open])
    }
  }

  @Test("Interventions are counted with their times, and one of no time or of more than a year is refused")
  func interventions() throws {
    try withRunFolder { run in
      #expect(try run.folder.review().interventions.count == 0)
      let moment = "2026-11-27T11:00:00Z"
      try run.folder.append { _ in entry(.intervention(text: "reset", moment: moment, seconds: 720)) }
      try run.folder.append { _ in entry(.note(text: "calm", moment: nil)) }
      try run.folder.append { _ in entry(.intervention(text: "restart", moment: nil, seconds: 300)) }
      let review = try run.folder.review()
      #expect(review.interventions.count == 2)
      #expect(review.interventions.seconds == 1020)
      #expect(review.entries[0].content == .intervention(text: "reset", moment: moment, seconds: 720))
      for seconds in ["0", "-1", "31536001", "9223372036854775807"] {
        try run.write(
          #"{"at":"\#(moment)","by":"jane","intervention":\#(seconds),"note":"x"}"# + "\n", to: "review.jsonl"
        )
        #expect(throws: EvidenceError.self) { try run.folder.review() }
      }
    }
  }

  @Test("A line that was changed or removed is named by the line after it")
  func chain() throws {
    try withRunFolder { run in
      for text in ["one", "two", "three"] {
        try run.folder.append { _ in entry(.note(text: text, moment: "12:00")) }
      }
      let lines = try run.read("review.jsonl").split(separator: "\n").map(String.init)
      for (changed, line) in [
        ([lines[0].replacing("one", with: "One"), lines[1], lines[2]], 2), ([lines[0], lines[2]], 2),
        ([lines[1], lines[2]], 1), ([lines[0], "{}"], 2),
      ] {
        try run.write(changed.joined(separator: "\n") + "\n", to: "review.jsonl")
        do throws(EvidenceError) {
          _ = try run.folder.review()
          Issue.record("it was read")
        } catch {
          guard case .line(_, line, _) = error else {
            Issue.record("\(error)")
            return
          }
        }
        #expect(throws: EvidenceError.self) { try run.folder.append { _ in entry(.acknowledged) } }
        #expect(try run.folder.verify().reviewFault != nil)
      }
    }
  }
}
