import Linux
import Schedule
import ScheduleTesting
import Testing
import ToolTesting

@Suite struct ZoneTests {
  @Test("A time that the clocks skip has the offset before, and of one that they show twice the first counts")
  func changesOfTheClocks() throws {
    let spring = day("2026-03-29")
    #expect(vienna.text(vienna.instant(of: spring, second: 5400)) == "2026-03-29 01:30 +01:00")
    #expect(vienna.text(vienna.instant(of: spring, second: 9000)) == "2026-03-29 03:30 +02:00")
    #expect(vienna.text(vienna.instant(of: spring, second: 10_800)) == "2026-03-29 03:00 +02:00")
    let autumn = day("2026-10-25")
    #expect(vienna.text(vienna.instant(of: autumn, second: 9000)) == "2026-10-25 02:30 +02:00")
    #expect(vienna.text(vienna.instant(of: autumn, second: 10_800)) == "2026-10-25 03:00 +01:00")
    #expect(vienna.instant(of: autumn + 1) - vienna.instant(of: autumn) == 25 * 3600)
    let lordHowe = try #require(Zone("Australia/Lord_Howe"))
    let half = lordHowe.instant(of: day("2026-10-04"), second: 7200 + 900)
    #expect(lordHowe.text(half) == "2026-10-04 02:45 +11:00")
  }

  @Test(
    "A name that is not in the tz database is refused",
    arguments: ["CET", "GMT+2", "", "Europe/Atlantis", "vienna"])
  func unknownZone(_ name: String) { #expect(Zone(name) == nil) }

  @Test("UTC is a zone without changes")
  func utc() throws {
    let utc = try #require(Zone("UTC"))
    #expect(utc.instant(of: day("1970-01-02"), second: 60) == 86_460)
    #expect(utc.text(86_460) == "1970-01-02 00:01 +00:00")
  }

  @Test(
    "The offsets of ten years are those of the host's tzdata",
    .enabled("no tzdata on this host") {
      TestTools.have(["/usr/bin/date"]) && (try? DurableFile.read("/usr/share/zoneinfo/Europe/Vienna")) != nil
    },
    arguments: [
      "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Australia/Sydney",
    ])
  func hostsData(_ name: String) throws {
    let zone = try #require(Zone(name))
    let begin = day("2026-01-01").number * 86_400
    let instants = Array(stride(from: begin, to: begin + 3652 * 86_400, by: 6 * 3600))
    let input = instants.map { "@\($0)" }.joined(separator: "\n")
    let printed = try ChildProcess.run(
      ["date", "-f", "-", "+%z"], environment: ["PATH": ToolEnvironment.path, "TZ": name],
      input: Array(input.utf8)
    ).success().split(separator: "\n")
    try #require(printed.count == instants.count)
    for (instant, text) in zip(instants, printed) {
      let number = Int(text) ?? .max
      let offset = (number / 100 * 60 + number % 100) * 60
      #expect(zone.offset(at: instant) == offset, "\(instant)")
      if zone.offset(at: instant) != offset { return }
    }
  }
}
