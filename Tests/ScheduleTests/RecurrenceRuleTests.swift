import Files
import Linux
import Scenario
import Schedule
import ScheduleTesting
import Testing
import ToolTesting

@Suite struct RecurrenceRuleTests {
  /// The days of a rule that begins on a day, by the reader of its text.
  private func days(_ rule: String, from first: String, through last: String = "2036-01-01") throws
    -> [String]
  {
    let event = try calendar(
      "rule.ics", ["DTSTART;VALUE=DATE:\(first.replacing("-", with: ""))\nRRULE:\(rule)"]
    )
    .events[0]
    let rule = try #require(event.rule)
    return rule.starts(from: event.start, through: day(last).number * 86_400).map { "\(Day($0 / 86_400))" }
  }

  @Test("Rules of holidays choose their days")
  func holidays() throws {
    #expect(
      try days("FREQ=YEARLY;COUNT=3", from: "2025-12-25") == ["2025-12-25", "2026-12-25", "2027-12-25"])
    // Thanksgiving.
    #expect(
      try days("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", from: "2026-11-26")
        == ["2026-11-26", "2027-11-25", "2028-11-23"])
    #expect(
      try days("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", from: "2026-01-30")
        == ["2026-01-30", "2026-02-27", "2026-03-27"])
    #expect(
      try days("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", from: "2028-01-31")
        == ["2028-01-31", "2028-02-29", "2028-03-31"])
    #expect(
      try days("FREQ=YEARLY", from: "2024-02-29") == ["2024-02-29", "2028-02-29", "2032-02-29"])
    #expect(
      try days("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", from: "1997-08-05")
        == ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"])
    #expect(try days("FREQ=DAILY;UNTIL=20260103", from: "2026-01-01").count == 3)
    #expect(try days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", from: "2026-01-01") == [])
  }

  /// Reads a rule and a start on each line, and writes the first days by python-dateutil, at most 40 and to 2050.
  private static let oracle = """
    import sys, warnings
    from datetime import datetime
    from itertools import islice
    from dateutil.rrule import rrulestr
    warnings.simplefilter("ignore")
    end = datetime(2050, 12, 31)
    for line in sys.stdin:
        start, text = line.split()
        rule = rrulestr(text, dtstart=datetime.strptime(start, "%Y-%m-%d"))
        rule = rule.replace(until=min(rule._until or end, end))
        print(" ".join(day.strftime("%Y-%m-%d") for day in islice(rule, 40)))
    """

  private static let hasOracle = TestTools.have {
    (try? ChildProcess.run(["python3", "-c", "import dateutil.rrule"]))?.end.isSuccess == true
  }

  private static func randomRule(_ random: inout some RandomNumberGenerator) -> String {
    let frequency = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].randomElement(using: &random) ?? ""
    var parts = ["FREQ=\(frequency)"]
    if Bool.random(using: &random) { parts.append("INTERVAL=\(Int.random(in: 2...5, using: &random))") }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: parts.append("COUNT=\(Int.random(in: 1...30, using: &random))")
    case 1: parts.append("UNTIL=20\(Int.random(in: 20...45, using: &random))0817")
    default: break
    }
    let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    if Bool.random(using: &random) {
      let isNumbered = ["MONTHLY", "YEARLY"].contains(frequency) && Bool.random(using: &random)
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        let number = Int.random(in: 1...4, using: &random) * (Bool.random(using: &random) ? 1 : -1)
        return (isNumbered ? "\(number)" : "") + (weekdays.randomElement(using: &random) ?? "")
      }
      parts.append("BYDAY=\(items.joined(separator: ","))")
    }
    if frequency != "WEEKLY", Int.random(in: 0..<3, using: &random) == 0 {
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        "\(Int.random(in: 1...31, using: &random) * (Bool.random(using: &random) ? 1 : -1))"
      }
      parts.append("BYMONTHDAY=\(items.joined(separator: ","))")
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        "\(Int.random(in: 1...12, using: &random))"
      }
      parts.append("BYMONTH=\(items.joined(separator: ","))")
    }
    if Bool.random(using: &random) { parts.append("WKST=\(weekdays.randomElement(using: &random) ?? "")") }
    return parts.joined(separator: ";")
  }

  @Test(
    "Random rules choose the days that python-dateutil chooses",
    .enabled("python3 has no dateutil package: apt-get install python3-dateutil") { hasOracle })
  func oracleAgrees() throws {
    var random = SeededGenerator(seed: 12)
    let cases = (0..<1500).map { _ -> (start: String, rule: String) in
      let start = Day(Int.random(in: 14_000..<22_000, using: &random))
      return ("\(start)", Self.randomRule(&random))
    }
    let printed = try ChildProcess.run(
      ["python3", "-c", Self.oracle],
      input: Array(cases.map { "\($0.start) \($0.rule)\n" }.joined().utf8)
    ).success().split(separator: "\n", omittingEmptySubsequences: false)
    try #require(printed.count == cases.count + 1)
    var wrong = 0
    for (one, line) in zip(cases, printed) {
      let expected = line.split(separator: " ").map(String.init)
      // Later days than the last of 40 don't matter, and a daily rule has thousands of them.
      let last = expected.count == 40 ? expected[39] : "2050-12-31"
      let found = try days(one.rule, from: one.start, through: last).prefix(40)
      #expect(Array(found) == expected, "\(one)")
      if Array(found) != expected { wrong += 1 }
      if wrong == 5 { return }
    }
  }
}
