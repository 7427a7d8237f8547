import Comparison
import Foundation
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
    #expect(lines[0] == "✓ run against run: Better")
    #expect(
      lines[1]
        == "  website.downtime is shorter by more than 20 % (at least 200 ms) in 25 of 25 pairings; chance alone does that once in 252."
    )
    #expect(lines.last?.contains("which is assumed") == true)
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
    let markdown = String(decoding: report.markdown(), as: UTF8.self)
    #expect(markdown.contains("# ✓ Better: faster against run"))
    #expect(markdown.contains("# ✕ Worse: <slower & worse> against run"))
    let json = try #require(
      try JSONSerialization.jsonObject(with: report.json()) as? [[String: Any]])
    #expect(json.map { $0["verdict"] as? String } == ["better", "worse"])
  }

  @Test("A confounded comparison names the differences, and makes no claim beyond the trials")
  func confounded() throws {
    var candidate = HandMadeSide([10, 11, 10, 12, 11])
    candidate.fingerprint["kernel"] = "6.12"
    let lines = try report(HandMadeSide([20, 21, 19, 20, 22]), candidate).terminalLines
    #expect(lines[0] == "? run against run: Undecided: more than the declared factor differs")
    #expect(lines.contains("  The sides differ in kernel (base 6.1; candidate 6.12)."))
    #expect(!lines.contains { $0.contains("chance alone") })
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
