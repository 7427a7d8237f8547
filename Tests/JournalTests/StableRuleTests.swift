import Journal
import Scenario
import Testing

@Suite struct StableRuleTests {
  private let rule = StableRule(
    width: .seconds(1), every: .milliseconds(1), band: LatencyBand(upper: .milliseconds(60)))

  /// Samples 1 ms apart, a letter each: `o` ok in the band, `s` ok after it, `f` failed, `u` unknown.
  private func samples(_ letters: String) -> [Sample] {
    letters.enumerated().map { index, letter in
      let due = Nanoseconds.milliseconds(Int64(index))
      return Sample(
        trial: 1, probe: "website", sequence: Int64(index + 1), scheduled: due, sent: due,
        completed: due + .milliseconds(letter == "s" ? 61 : 60),
        verdict: letter == "f" ? .fail : letter == "u" ? .unknown : .ok, status: "")
    }
  }

  /// The judgement of the first window of as many samples as the rule's width holds.
  private func judge(_ parts: (String, Int)...) -> StableRule.Judgement {
    let letters = parts.map { String(repeating: $0.0, count: $0.1) }.joined()
    #expect(letters.count == 1000)
    return rule.judge(samples(letters), through: .seconds(1))[0]
  }

  @Test("An answer at the band's limit is within it, and one in twenty may be slower")
  func theBandsEdgeIsInIt() {
    #expect(judge(("o", 1000)) == .stable)
    #expect(judge(("o", 950), ("s", 50)) == .stable)
    #expect(judge(("o", 949), ("s", 51)) == .unstable)
  }

  @Test("One known sample in a thousand may fail")
  func oneInAThousandMayFail() {
    #expect(judge(("o", 999), ("f", 1)) == .stable)
    #expect(judge(("f", 1), ("o", 999)) == .stable)
    #expect(judge(("o", 998), ("f", 2)) == .unstable)
    #expect(judge(("o", 998), ("u", 1), ("f", 1)) == .unstable)
    #expect(judge(("f", 1000)) == .unstable)
  }

  @Test("Half of the samples may be unknown; with more the window is undecided")
  func halfMayBeUnknown() {
    #expect(judge(("o", 500), ("u", 500)) == .stable)
    #expect(judge(("o", 499), ("u", 501)) == .open)
    #expect(judge(("u", 1000)) == .open)
  }

  @Test(
    "A window with open requests is not stable, and unstable only if no answer could change that"
  )
  func aCutWindowIsOpen() {
    let few = samples(String(repeating: "o", count: 400))
    #expect(rule.judge(few, through: .milliseconds(400)).allSatisfy { $0 == .open })
    let failed = samples("f" + String(repeating: "o", count: 400))
    #expect(rule.judge(failed, through: .milliseconds(401))[0] == .open)
    #expect(rule.judge(samples("ff"), through: .milliseconds(2))[0] == .unstable)
    let slow = samples(String(repeating: "s", count: 51))
    #expect(rule.judge(slow, through: .milliseconds(51))[0] == .unstable)
  }

  @Test(
    "A service is stable now if its last complete window is stable and no bad sample followed"
  )
  func stableNow() {
    func isStable(_ letters: String, through: Int64, since: Int64 = 0) -> Bool {
      rule.isStable(samples(letters), through: .milliseconds(through), since: .milliseconds(since))
    }
    let well = String(repeating: "o", count: 1200)
    #expect(isStable(well, through: 1200))
    #expect(isStable(well, through: 1200, since: 200))
    #expect(!isStable(well, through: 1200, since: 201))
    #expect(!isStable(well, through: 999))
    #expect(!isStable(well + "ff", through: 1202))
    // Samples that completed before their predecessors count too.
    #expect(!isStable(well + "ff", through: 1200))
    #expect(!isStable("", through: 1200))
  }
}
