import Foundation
import Journal
import Linux
import Scenario
import Testing

@Suite struct ReportCommandTests {
  private let fleet = Fleet(
    name: "tdf", hosts: [.init(name: "falco", ssh: "root@falco", links: ["external": "eth0"])], quorum: 1,
    probes: [.init(name: "website", kind: .http, target: "http://10.77.2.101/", every: .milliseconds(500))])
  private let scenario = Scenario(
    name: "unplug", title: "One host loses every cable",
    steady: .init(duration: .seconds(10), probes: ["website"]),
    timeline: [
      Step(
        name: "cut", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("falco")),
        duration: .seconds(20))
    ],
    objectives: [Objective(subject: "website", metric: .downtime, relation: .max, limit: 60_000_000_000)])

  /// A run whose website is down from 13 s to 25 s.
  private func write(
    to folder: String, run: String = "2026-11-23T0630Z-unplug-3f9a", cut: Int = 0,
    residue: [StateDifference] = []
  ) throws {
    let lease = "3f9a_1"
    let events: [(Int64, Event)] = [
      (
        0,
        .runBegan(
          RunBegan(
            run: run, wall: "2026-11-23T06:30:00Z", seed: 7, scenario: scenario,
            fleet: fleet, digests: ["scenario": "ab", "fleet": "cd", "probes": "ef"],
            versions: ["murphy": "1"]))
      ),
      (
        1,
        .hostSurveyed(
          HostSurvey(
            host: "falco", fingerprint: ["kernel": "6.1"], running: [], clockOffset: .zero,
            clockUncertainty: .milliseconds(1)))
      ),
      (1, .phaseBegan(.steady)), (11, .baseline(reasons: [])), (11, .phaseBegan(.faults)),
      (13, .stepChosen(StepChosen(step: "cut", hosts: ["falco"], vms: [], how: "named in the scenario"))),
      (
        13,
        .leaseRequested(
          LeaseRequested(
            lease: lease, step: "cut", host: "falco", fault: "host.unplug", object: "eth0 (carrier)",
            duration: .seconds(20), cutsControlPath: true))
      ),
      (
        34,
        .leaseEffective(
          LeaseEffective(
            lease: lease, at: .milliseconds(13_100), uncertainty: .milliseconds(1), took: .milliseconds(1),
            evidence: "no carrier"))
      ),
      (
        34,
        .leaseReverted(
          LeaseReverted(
            lease: lease, at: .milliseconds(33_100), uncertainty: .milliseconds(1), cause: .deadline))
      ),
      (34, .phaseBegan(.recovery)), (44, .recoveryEnded(.stable)), (44, .phaseBegan(.audit)),
      (45, .residueAudited(host: "falco", differences: residue)), (45, .runEnded(exitCode: 0)),
    ]
    var lines = Data()
    for (second, event) in events {
      lines += try Entry(at: .seconds(second), trial: 1, event: event).json() + [UInt8(ascii: "\n")]
    }
    var rows = Sample.csvHeader + "\n"
    for number in 1...80 as ClosedRange<Int64> {
      let scheduled = Nanoseconds.milliseconds(1000 + 500 * number)
      let isDown = scheduled >= .seconds(13) && scheduled < .seconds(25)
      rows +=
        Sample(
          trial: 1, probe: "website", sequence: number, scheduled: scheduled, sent: scheduled,
          completed: scheduled + .milliseconds(3), verdict: isDown ? .fail : .ok,
          status: isDown ? "unreachable" : "200"
        ).csv + "\n"
    }
    try DurableFile.write(lines.dropLast(cut), to: folder + "/events.jsonl")
    try DurableFile.write(Array(rows.utf8), to: folder + "/samples.csv")
  }

  @Test("A folder without a journal is bad input")
  func aFolderWithoutAJournalIsBadInput() throws {
    try withTemporaryFolder { folder in
      let outcome = try MurphyProgram.run(["report", folder])
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("\(folder)/events.jsonl: No such file or directory"))
      #expect(try DurableFile.list(folder) == [])
    }
  }

  @Test("A broken journal is bad input, and no report is written")
  func aBrokenJournalIsBadInput() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let text = String(decoding: try DurableFile.read(folder + "/events.jsonl"), as: UTF8.self)
      try DurableFile.write(
        Array(text.replacing("\"phase.began\"", with: "7").utf8), to: folder + "/events.jsonl")
      let outcome = try MurphyProgram.run(["report", folder])
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("events.jsonl:3: "))
      #expect(try DurableFile.list(folder) == ["events.jsonl", "samples.csv"])
    }
  }

  @Test("A report that is computed twice has the same bytes")
  func aReportComputedTwiceIsTheSameBytes() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let files = ["run.json", "report.html", "report.md", "junit.xml"]
      func report() throws -> [[UInt8]] {
        let outcome = try MurphyProgram.run(["report", folder])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "\(folder)/report.html\n")
        return try files.map { try DurableFile.read("\(folder)/\($0)", limit: 1 << 26) }
      }
      let first = try report()
      let second = try report()
      #expect(first == second)
      #expect(first.allSatisfy { !$0.isEmpty })
      #expect(String(decoding: first[2], as: UTF8.self).contains("One host loses every cable"))
    }
  }

  @Test("A journal with an incomplete last line is reported up to that line")
  func aJournalThatWasCutOffIsReported() throws {
    try withTemporaryFolder { folder in
      try write(to: folder, cut: 20)
      let outcome = try MurphyProgram.run(["report", folder])
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
  }

  @Test("compare refuses a run that is named twice, and reports that one trial a side is too few")
  func compared() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let twice = try MurphyProgram.run(["compare", "\(folder),\(folder)", folder])
      #expect(twice.code == 2)
      #expect(twice.errors.contains("is named twice on one side"))
      let missing = try MurphyProgram.run(["compare", folder, "\(folder)/none"])
      #expect(missing.code == 2)
      #expect(missing.errors.contains("\(folder)/none/events.jsonl: No such file or directory"))
      let itself = try MurphyProgram.run(["compare", folder, folder])
      #expect(itself.code == 2)
      #expect(itself.errors.contains("is on both sides"))
      let other = "\(folder)/other"
      try DurableFile.makeFolder(other)
      try write(to: other, run: "2026-11-24T0630Z-unplug-77aa")
      let one = try MurphyProgram.run(["compare", folder, other, "--out", "\(folder)/out"])
      #expect(one.code == 3, "\(one.errors)")
      #expect(one.output.contains("Not comparable"))
      #expect(
        try DurableFile.list("\(folder)/out").sorted() == [
          "comparison.html", "comparison.json", "comparison.md",
        ])
      let strict = try MurphyProgram.run(["compare", folder, other, "--fail-on", "inconclusive"])
      #expect(strict.code == 1)
    }
  }

  @Test("compare ends with 1 if the candidate has damage, also if the base has it")
  func comparedDamage() throws {
    try withTemporaryFolder { folder in
      let residue = [StateDifference(.new, "link eth7 up", by: .perhapsMurphy, because: "")]
      for (name, differences) in [("a", residue), ("b", residue), ("c", [])] {
        try DurableFile.makeFolder("\(folder)/\(name)")
        try write(to: "\(folder)/\(name)", run: "2026-11-23T0630Z-unplug-\(name)", residue: differences)
      }
      let both = try MurphyProgram.run(["compare", "\(folder)/a", "\(folder)/b"])
      #expect(both.code == 1, "\(both.output)\(both.errors)")
      #expect(both.output.contains("but with damage"), "\(both.output)")
      // The run beside them that is in no side is named, and no index is left.
      let json = try MurphyProgram.run(["compare", "\(folder)/a/", "\(folder)/b", "--json"])
      let found = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]], "\(json.output)")
      #expect(found.map { $0["otherRuns"] as? [String] } == [["2026-11-23T0630Z-unplug-c"]])
      #expect(try DurableFile.list(folder) == ["a", "b", "c"])
      let repaired = try MurphyProgram.run(["compare", "\(folder)/a", "\(folder)/c"])
      #expect(repaired.code == 3, "\(repaired.output)\(repaired.errors)")
    }
  }

  @Test("history has the exit codes of its help, and an index of which a second call reads nothing")
  func history() throws {
    try withTemporaryFolder { folder in
      let none = try MurphyProgram.run(["history", "--reports", "\(folder)/none"])
      #expect(none.code == 2)
      #expect(
        none.errors.contains("\(folder)/none: No such file or directory") && none.errors.contains("--reports")
      )
      let empty = try MurphyProgram.run(["history", "--reports", folder, "--check"])
      #expect(empty.code == 3)
      #expect(empty.errors.contains("\(folder): there is no run"))
      for number in 1...2 {
        try DurableFile.makeFolder("\(folder)/\(number)")
        try write(to: "\(folder)/\(number)", run: "2026-11-2\(number)T0630Z-unplug-77aa")
      }
      let first = try MurphyProgram.run(["history", "--reports", folder, "--out", "\(folder)/.out"])
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.output.contains("2 runs: with fewer than 5"))
      #expect(
        try DurableFile.list("\(folder)/.out").sorted() == [
          "history.json", "history.txt", "index.html", "unplug@tdf.html",
        ])
      let overdue = try MurphyProgram.run(["history", "--reports", folder, "--check", "--period", "1"])
      #expect(overdue.code == 1)
      #expect(overdue.output.contains("Overdue"))
      // The period that a schedule states applies, unless the option has another one.
      let line =
        #"{"at":1,"event":"watched","fleet":"tdf","period":1,"scenario":"unplug","schedule":"daily"}"#
      try DurableFile.write(Array("\(line)\n".utf8), to: "\(folder)/schedule.jsonl")
      let stated = try MurphyProgram.run(["history", "--reports", folder, "--check"])
      #expect(stated.output.contains("Overdue"))
      let longer = try MurphyProgram.run(["history", "--reports", folder, "--check", "--period", "3660"])
      #expect(!longer.output.contains("Overdue"), "\(longer.output)")
      let other = try MurphyProgram.run(["history", "other", "--reports", folder])
      #expect(other.code == 3)
      #expect(other.errors.contains("there is no run of other"))
      let wrong = try MurphyProgram.run([
        "history", "--reports", folder, "--index", "\(folder)/1/events.jsonl",
      ])
      #expect(wrong.code == 2)
      #expect(wrong.errors.contains("the index can't be used"))
      try DurableFile.write("damaged".utf8, to: "\(folder)/.index.sqlite")
      let damaged = try MurphyProgram.run(["history", "--reports", folder])
      #expect(damaged.code == 2)
      #expect(damaged.errors.contains("'murphy history --reports \(folder) --rebuild' makes it again"))
      let rebuilt = try MurphyProgram.run(["history", "--reports", folder, "--rebuild"])
      #expect(rebuilt.code == 0, "\(rebuilt.errors)")
      #expect(rebuilt.output.contains("2 runs: with fewer than 5"), "\(rebuilt.output)")
    }
  }

  @Test("What people add to a run is in its evidence, and verify names what was changed")
  func evidence() throws {
    try withTemporaryFolder { parent in
      let folder = "\(parent)/2026-11-23T0630Z-unplug-3f9a"
      try DurableFile.makeFolder(folder)
      try write(to: folder)
      func murphy(_ arguments: String..., code: Int32 = 0) throws -> String {
        let outcome = try MurphyProgram.run(arguments)
        #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
        return outcome.output + outcome.errors
      }
      _ = try murphy("report", folder)
      _ = try murphy("note", folder, "Ops saw <it>", "--at", "2026-11-23T06:30:20Z", "--by", "jane")
      #expect(try murphy("note", folder, "late", "--at", "06:30", code: 2).contains("--at: expected a time"))
      #expect(try murphy("finding", folder, "blind", code: 2).contains("--severity"))
      #expect(try murphy("finding", folder, "blind", "--severity", "major") == "1\n")
      #expect(
        try murphy("finding", folder, "--number", "2", "--state", "closed", code: 2).contains("it has 1"))
      let review = try DurableFile.read("\(folder)/review.jsonl")
      for due in ["soon", "2026-02-29", "15.12.2026", "2026-12-15T00:00:00Z"] {
        let refused = try murphy("finding", folder, "--number", "1", "--due", due, code: 2)
        #expect(refused.contains("--due: expected a day such as 2026-12-15, found '\(due)'"), "\(refused)")
      }
      #expect(try DurableFile.read("\(folder)/review.jsonl") == review)
      #expect(try murphy("finding", folder, "--number", "1", "--due", "2026-12-15") == "1\n")
      _ = try murphy("ack", folder)
      let key = "\(parent)/key"
      _ = try ChildProcess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]).success()
      #expect(
        try murphy("sign", folder, "--as", "accepted", "--key", key, "--name", "Jane Doe")
          == "\(folder)/signatures/1-accepted.sha256\n")
      #expect(try murphy("verify", folder).contains("accepted by Jane Doe"))
      #expect(try murphy("evidence", folder) == "\(folder)-evidence/evidence.html\n")
      #expect(try murphy("evidence", folder, code: 2).contains("it exists"))
      #expect(try !murphy("verify", "\(folder)-evidence").contains("another run"))
      let page = String(
        decoding: try DurableFile.read("\(folder)-evidence/evidence.html", limit: 1 << 26), as: UTF8.self)
      for text in [
        "Ops saw &lt;it&gt;", "1 open finding of 1", "2026-12-15", "accepted by Jane Doe", "not stated",
      ] {
        #expect(page.contains(text), "\(text)")
      }
      try DurableFile.write("changed".utf8, to: "\(folder)/report.md")
      #expect(try murphy("verify", folder, code: 1).contains("report.md changed since"))
      try FileManager.default.removeItem(atPath: "\(folder)/signatures/1-accepted.sha256")
      #expect(
        try murphy("verify", folder, code: 1).contains("signatures/1-accepted.sha256: removed; its signature")
      )
      #expect(try murphy("verify", parent, code: 2).contains("give the folder of a run"))
    }
  }
}
