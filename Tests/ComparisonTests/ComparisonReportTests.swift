import Comparison
import Foundation
import Scenario
import Statistics
import Testing

@testable import Reports

struct ComparisonReportTests {
  private func report(_ base: HandMadeSide, _ candidates: HandMadeSide..., factors: [String] = [])
    throws -> ComparisonReport
  {
    ComparisonReport(
      try candidates.map { SideComparison(try base.side, try $0.side, factors: factors) })
  }

  @Test("The sentence of a shown claim has the share of pairs and the probability of chance")
  func sentence() throws {
    let lines = try report(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11]))
      .terminalLines
    #expect(lines[0] == "✓ run against run (separate runs): Better")
    #expect(lines[1].hasPrefix("  website.downtime is shorter by at least 7."), "\(lines[1])")
    #expect(lines[1].contains(" s, at 95 % confidence. The medians are "), "\(lines[1])")
    #expect(
      lines[2]
        == "  website.downtime is shorter by more than 20 % (at least 200 ms) in 25 of 25 pairings; chance alone does that once in 252."
    )
    #expect(lines.contains { $0.contains("which is assumed") })
    #expect(
      lines.last
        == "  No acknowledged write was lost in 5 trials of the candidate. A loss in up to 45 % of trials is not ruled out."
    )
  }

  @Test("The words of an interval promise no more than its ends")
  func ranges() {
    func words(_ low: Double, _ high: Double) -> String {
      ComparisonWords.range(Shift.Bounds(low: low * 1e9, high: high * 1e9), of: .downtime)
    }
    #expect(words(-33.91, -28.59) == "shorter by at least 28.5 s and at most 34.0 s")
    #expect(words(28.59, 33.91) == "longer by at least 28.5 s and at most 34.0 s")
    #expect(words(39.3, .infinity) == "longer by at least 39.3 s")
    #expect(words(-1.23, 3.41) == "between 1.3 s shorter and 3.5 s longer")
    #expect(words(-1.23, .infinity) == "at most 1.3 s shorter, or longer without a bound")
    #expect(words(0, 0) == "equal on both sides")
  }

  @Test("Each end of an interval is rounded away from the other in every place")
  func outward() throws {
    func words(_ low: Double, _ high: Double) -> String {
      ComparisonWords.bounds(Shift.Bounds(low: low * 1e9, high: high * 1e9), of: .downtime)
    }
    #expect(words(-33.91, -28.59) == "−34.0 s to −28.5 s")
    #expect(words(28.59, 33.91) == "28.5 s to 34.0 s")
    #expect(words(-1.23, 3.41) == "−1.3 s to 3.5 s")
    #expect(words(12.34, 12.34) == "12.3 s to 12.4 s")
    #expect(words(12.3, 12.3) == "12.3 s")
    #expect(words(28.59, .infinity) == "28.5 s or more")
    #expect(words(-.infinity, 33.91) == "34.0 s or less")
    let value = BoundedValue(low: 28_590_000_000, high: 33_910_000_000)
    #expect(ComparisonWords.bounds(value, of: .downtime) == "28.5 s to 34.0 s")
    #expect(
      ComparisonWords.bounds(.censored(above: 28_590_000_000), of: .downtime) == "more than 28.5 s")
    #expect(ComparisonWords.bounds(Shift.Bounds(low: 0.25, high: 1.75), of: .lost) == "0.2 to 1.8")
    #expect(ComparisonWords.bounds(Shift.Bounds(low: -0.5, high: 3), of: .lost) == "−0.5 to 3")

    let report = try report(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11]))
    let interval = try #require(report.comparisons.first?.primary?.difference.interval)
    let (text, range) = (
      ComparisonWords.bounds(interval, of: .downtime), ComparisonWords.range(interval, of: .downtime)
    )
    let html = String(decoding: try report.html(), as: UTF8.self)
    // In the picture of each width, in the table, and in the sentence.
    #expect(html.components(separatedBy: ">\(text)</").count == 4, "\(text)")
    #expect(html.contains(range), "\(range)")
  }

  @Test("The words of a margin that isn't a whole number promise no more than what was tested")
  func margins() {
    let margin = Margin(relative: 0.1743, absolute: 0)
    #expect(ComparisonWords.claim(.worse, .downtime, margin) == "longer by more than 17.4 %")
    #expect(ComparisonWords.claim(.better, .downtime, margin) == "shorter by more than 17.4 %")
    #expect(ComparisonWords.claim(.noRegression, .downtime, margin) == "not longer by more than 17.5 %")
    #expect(
      ComparisonWords.claim(.noRegression, .downtime, Margin(relative: 0.1 + 0.05, absolute: 0))
        == "not longer by more than 15 %")
  }

  @Test("The page has a square for each pair, and the phases of both sides")
  func squares() throws {
    func count(_ text: String, in page: String) -> Int { page.components(separatedBy: text).count - 1 }
    func page(_ base: HandMadeSide, _ candidate: HandMadeSide) throws -> String {
      String(decoding: try report(base, candidate).html(), as: UTF8.self)
    }
    let mixed = try page(
      HandMadeSide([10, 20, 30, 11]), HandMadeSide(trials: [.down(10), .down(30), .down(4), .void]))
    // Two pictures; each has a square for each of 12 pairs.
    #expect(count(" of the candidate against trial ", in: mixed) == 24)
    #expect(count("<title>trial 2 of the candidate against trial 1 of the base: worse", in: mixed) == 2)
    #expect(count("<line class=\"cross\"", in: mixed) == 2 * 2 * (3 + 1))
    #expect(count(">3 of 12: worse by more than the margin<", in: mixed) == 2)
    #expect(!mixed.contains("of 12: undecided"))

    let better = try page(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([4, 5, 4, 5, 4]))
    #expect(count(">25 of 25: better by more than the margin<", in: better) == 2)
    #expect(count("<rect class=\"s2 changed\"", in: better) == 4)
    #expect(count(">until service back, changed most<", in: better) == 2)
    // On the base the service is back after the fault's end, on the candidate before it.
    let order = ["base, until fault over", "base, until service back", "candidate, until service back"]
    let places = order.map { better.range(of: "<title>\($0)")?.lowerBound }
    #expect(!places.contains(nil) && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    #expect(!better.contains("until service back: −"))

    let many = try page(
      HandMadeSide(Array(repeating: 10, count: 41)), HandMadeSide(Array(repeating: 10, count: 41)))
    #expect(count(" of the candidate against trial ", in: many) == 0)
  }

  @Test("A claim that the values suggest, and the trials can't show, is named with the number that could")
  func notShown() throws {
    let lines = try report(HandMadeSide([30, 31, 30]), HandMadeSide([10, 11, 10])).terminalLines
    #expect(lines[0] == "✓ run against run (separate runs): No regression")
    #expect(
      lines.contains(
        "  Not shown: that it is better by more than the margin, as its values suggest; at this rate 4 trials a side would show it."
      ), "\(lines)")
  }

  @Test("A candidate with damage has no good verdict, also if the base has damage")
  func damageOnBothSides() throws {
    let lost = HandMadeSide(trials: [.down(20), .down(21), .lost(19), .down(20), .down(22)])
    let more = HandMadeSide(trials: [.lost(10), .lost(11), .lost(10), .lost(12), .lost(11)])
    let report = try report(lost, more)
    #expect(report.terminalLines[0] == "▲ run against run (separate runs): Better, but with damage")
    #expect(
      report.terminalLines.contains(
        "  Acknowledged writes lost: in 1 trial of the base, in 5 of the candidate."))
    #expect(!report.terminalLines.contains { $0.contains("No acknowledged write was lost") })
    #expect(String(decoding: try report.html(), as: UTF8.self).contains("class=\"verdict damage\""))
  }

  @Test("Runs that are left out of a comparison are named")
  func otherRuns() throws {
    var comparison = SideComparison(
      try HandMadeSide([20, 21, 19, 20, 22]).side, try HandMadeSide([10, 11, 10, 12, 11]).side, factors: [])
    comparison.otherRuns = ["first", "second"]
    let report = ComparisonReport([comparison])
    #expect(
      report.terminalLines.last
        == "  Not in this comparison: 2 further runs of the same scenario, fleet and probes; first, second.")
    let json = try #require(
      try JSONSerialization.jsonObject(with: report.json()) as? [[String: Any]])
    #expect(json[0]["otherRuns"] as? [String] == ["first", "second"])
  }

  @Test("A phase that ends before it begins is explained")
  func negativePhase() throws {
    let lines = try report(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([4, 5, 4, 5, 4])).terminalLines
    #expect(
      lines.contains { $0.hasSuffix(", since “service back” came before “fault over” on the candidate.") })
  }

  @Test("A comparison of several candidates has every candidate in every format")
  func formats() throws {
    var (first, second) = (
      HandMadeSide([10, 11, 10, 12, 11]), HandMadeSide(trials: Array(repeating: .neverBack, count: 5))
    )
    (first.name, second.name) = ("faster", "<slower & worse>")
    let report = try report(HandMadeSide([20, 21, 19, 20, 22]), first, second)
    let html = String(decoding: try report.html(), as: UTF8.self)
    #expect(html.contains("&lt;slower &amp; worse&gt;"))
    #expect(!html.contains("<slower"))
    #expect(html.contains("not ended when observation ended"))
    // One table of all sides: the base, and each candidate with its verdict.
    let table = try #require(html.components(separatedBy: "<h2>All sides: website.downtime</h2>").last)
    let rows = try #require(table.components(separatedBy: "</table>").first).components(
      separatedBy: "<tr><td>")
    #expect(
      rows.dropFirst().map { row in
        row.components(separatedBy: "</span>")[0].replacing(/<.*>/, with: " ")
      } == ["run base", "faster ✓ Better", "&lt;slower &amp; worse&gt; ✕ Worse"])
    let markdown = String(decoding: report.markdown(), as: UTF8.self)
    #expect(markdown.contains("# ✓ Better: faster against run (separate runs)\n"))
    #expect(markdown.contains("# ✕ Worse: <slower & worse> against run"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: report.json()) as? [[String: Any]])
    #expect(json.map { $0["verdict"] as? String } == ["better", "worse"])
    #expect(
      json.map { ($0["drifts"] as? [[String: Any]])?.map { $0["side"] as? String } }
        == [["base", "candidate"], ["base", "candidate"]])
  }

  @Test("A confounded comparison names the differences, and makes no claim beyond the trials")
  func confounded() throws {
    var candidate = HandMadeSide([10, 11, 10, 12, 11])
    candidate.fingerprint["kernel"] = "6.12"
    let lines = try report(HandMadeSide([20, 21, 19, 20, 22]), candidate).terminalLines
    #expect(lines[0] == "? run against run (separate runs): Undecided, confounded by kernel")
    #expect(lines.contains("  The sides differ in kernel (base 6.1; candidate 6.12)."))
    #expect(!lines.contains { $0.contains("chance alone") })
    candidate.digests["probes"] = "other"
    #expect(
      try report(HandMadeSide([20, 21, 19, 20, 22]), candidate).terminalLines[0]
        == "? run against run (separate runs): Undecided, confounded by kernel and 1 further condition")
    let drifting = HandMadeSide([10, 11, 12, 13, 14, 15])
    #expect(
      try report(drifting, HandMadeSide([30, 30, 30, 30, 30, 30])).terminalLines[0]
        == "? run against run (separate runs): Undecided, confounded by drift")
  }

  @Test("The page's policy names its only style, and the page needs nothing else")
  func policy() throws {
    let page = String(
      decoding: try report(HandMadeSide([20, 21, 19, 20, 22]), HandMadeSide([10, 11, 10, 12, 11])).html(),
      as: UTF8.self)
    let begin = try #require(page.range(of: "<style>")).upperBound
    let end = try #require(page.range(of: "</style>")).lowerBound
    let policy = PagePolicy.policy(style: String(page[begin..<end])).replacing("'", with: "&#39;")
    #expect(page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"))
    for absent in ["<script", " style=", "http://", "https://", "<link", "<img"] {
      #expect(!page.contains(absent), "\(absent)")
    }
  }

  @Test("A side that did not recover is named in every format, also if the sides can't be compared")
  func unrecovered() throws {
    let never = HandMadeSide(trials: Array(repeating: .neverBack, count: 5))
    let partly = HandMadeSide(trials: [.down(10), .unrecovered(11), .down(10), .down(12), .neverBack])
    let few = HandMadeSide(trials: [.neverBack, .neverBack])
    let cases: [(base: HandMadeSide, candidate: HandMadeSide, sentences: [String])] = [
      (
        HandMadeSide([10, 11, 10, 12, 11]), never,
        [
          "The candidate never recovered: website.downtime had not ended when observation ended in 5 of 5 trials, "
            + "each of which counts as longer than every other value."
        ]
      ),
      (
        never, partly,
        [
          "The base never recovered: website.downtime had not ended when observation ended in 5 of 5 trials, each of "
            + "which counts as longer than every other value.",
          "The candidate did not always recover: website.downtime had not ended when observation ended in 1 of 5 "
            + "trials, each of which counts as longer than every other value; the wait for the platform’s recovery "
            + "ended without it in 1 of 5 trials.",
        ]
      ),
      (HandMadeSide([10, 11, 10]), few, ["The candidate never recovered: website.downtime had not ended"]),
    ]
    for (base, candidate, sentences) in cases {
      let report = try report(base, candidate)
      let texts = [
        report.terminalLines.joined(separator: "\n"), String(decoding: report.markdown(), as: UTF8.self),
        String(decoding: try report.html(), as: UTF8.self),
        String(decoding: try report.json(), as: UTF8.self),
      ]
      for text in texts {
        for sentence in sentences {
          #expect(text.replacing("\u{A0}", with: " ").contains(sentence), "\(sentence)\n\(text)")
        }
      }
    }
    let lines = try report(HandMadeSide([10, 11, 10]), HandMadeSide([10, 11, 10])).terminalLines
    #expect(!lines.contains { $0.contains("recover") })
    let json = try #require(
      try JSONSerialization.jsonObject(with: report(never, partly).json()) as? [[String: Any]])
    let sides = ["base", "candidate"].map { json[0][$0] as? [String: Any] }
    #expect(sides.map { $0?["unendedTrials"] as? Int } == [5, 1])
    #expect(sides.map { $0?["unrecoveredTrials"] as? Int } == [0, 1])
  }
}
