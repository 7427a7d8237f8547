import FoundationEssentials
import Linux
import Testing
import ToolTesting

/// `murphy compare` with runs that `Tests/Oracles/hand-written.py` writes, which shares no code with Murphy.
@Suite(.enabled("python3 is missing") { TestTools.have(["/usr/bin/python3"]) })
struct HandWrittenRunsTests {
  private static let script =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    + "/Oracles/hand-written.py"

  /// Both sides, each with the trials of its runs, and the verdict of the design.
  struct Case: Sendable, CustomTestStringConvertible {
    var data: String
    var base: [String]
    var candidate: [String]
    var verdict: String
    var code: Int32
    /// The trials of the candidate that count, and those of them that had not ended.
    var judged: Int
    var unended = 0

    var testDescription: String { data }
  }

  static let plain = ["10 11 10 12 11"]
  static let slow = ["20 21 19 20 22"]
  static let never = ["never never never never never"]
  static let zero = ["0 0 0 0 0"]
  static let cases = [
    Case(data: "all longer", base: plain, candidate: slow, verdict: "worse", code: 1, judged: 5),
    Case(data: "all shorter", base: slow, candidate: plain, verdict: "better", code: 0, judged: 5),
    Case(data: "the same times", base: plain, candidate: plain, verdict: "no-regression", code: 0, judged: 5),
    Case(
      data: "overlapping times", base: ["10 20 30 11 25"], candidate: ["12 19 28 14 26"],
      verdict: "inconclusive", code: 0, judged: 5),
    Case(
      data: "a base that rises from trial to trial", base: ["10 11 12 13 14 15"],
      candidate: ["30 30 30 30 30 30"], verdict: "confounded", code: 0, judged: 6),
    Case(
      data: "three trials a side", base: ["10 11 10"], candidate: ["30 31 30"], verdict: "suggestive",
      code: 0,
      judged: 3),
    Case(
      data: "no downtime in the candidate", base: plain, candidate: zero, verdict: "better", code: 0,
      judged: 5),
    Case(data: "no downtime in the base", base: zero, candidate: plain, verdict: "worse", code: 1, judged: 5),
    Case(
      data: "no downtime at all", base: zero, candidate: zero, verdict: "no-regression", code: 0, judged: 5),
    Case(
      data: "a candidate that never returns", base: plain, candidate: never, verdict: "worse", code: 1,
      judged: 5,
      unended: 5),
    Case(
      data: "a base that never returns", base: never, candidate: plain, verdict: "better", code: 0, judged: 5),
    Case(
      data: "no side returns", base: never, candidate: never, verdict: "inconclusive", code: 0, judged: 5,
      unended: 5),
    Case(
      data: "two of five trials never return", base: plain, candidate: ["10 11 never 10 never"],
      verdict: "inconclusive", code: 0, judged: 5, unended: 2),
    Case(
      data: "trials that a guard ended", base: slow,
      candidate: ["ended:6", "ended:6", "ended:6", "ended:6", "ended:6"], verdict: "inconclusive", code: 0,
      judged: 5),
    Case(data: "one trial", base: plain, candidate: ["10"], verdict: "refused", code: 3, judged: 1),
    Case(
      data: "two of five trials are void", base: plain, candidate: ["10 void 11 void 10"], verdict: "refused",
      code: 3, judged: 3),
    Case(
      data: "one of five trials is void", base: ["10 10 10 10"], candidate: ["10 10 10 10 void"],
      verdict: "no-regression", code: 0, judged: 4),
    Case(
      data: "a lost write in shorter trials", base: slow, candidate: ["5 5 lost:5 5 5"],
      verdict: "worse-by-safety", code: 1, judged: 5),
  ]

  private struct Document: Decodable {
    struct Side: Decodable {
      var judgedTrials: Int
      var unendedTrials: Int
    }
    var verdict: String
    var candidate: Side
  }

  @Test("Sides that a script wrote have the verdicts of the design", arguments: cases)
  func verdicts(_ each: Case) throws {
    try withTemporaryFolder { folder in
      let sides = try [("base", each.base), ("candidate", each.candidate)].map { side, runs in
        try runs.enumerated().map { index, trials in
          let run = "\(folder)/\(side)-\(index + 1)"
          let words = trials.split(separator: " ").map(String.init)
          let written = try ChildProcess.run(["python3", Self.script, run] + words)
          try #require(written.end.isSuccess, "\(written.errorText)")
          return run
        }.joined(separator: ",")
      }
      let outcome = try MurphyProgram.run(["compare", "--json"] + sides)
      #expect(outcome.code == each.code, "\(outcome.errors)")
      let documents = try JSONDecoder().decode([Document].self, from: Data(outcome.output.utf8))
      try #require(documents.count == 1)
      #expect(documents[0].verdict == each.verdict)
      #expect(documents[0].candidate.judgedTrials == each.judged)
      #expect(documents[0].candidate.unendedTrials == each.unended)
    }
  }
}
