@testable import Evidence
import FoundationEssentials
import Journal
import Metrics
@testable import Reports
import Scenario
import Testing

@Suite struct IncidentTableTests {
  private func row(_ run: UnplugRun, findings: [String] = []) throws -> IncidentTable.Row {
    var review = Review()
    review.entries = findings.enumerated().map { index, title in
      ReviewEntry(
        at: "2026-11-24T08:00:00Z", by: "jane",
        content: .finding(Finding(number: index + 1, title: title, severity: .major)))
    }
    return IncidentTable.Row(try Report(run.journal), review)
  }

  @Test("A row has the incident, the fault, the platform's reactions and the run's own metrics")
  func row() throws {
    let run = UnplugRun()
    let row = try row(run)
    let trial = try #require(RunMetrics(run.journal).trials.first)
    #expect(row.incidents == ["a"])
    #expect(row.injected == ["host.unplug on falco, 90 s"])
    #expect(row.reactions.contains { $0.hasPrefix("manager showed falco as ") })
    let next = try #require(trial.failOvers.first?.to)
    #expect(row.reactions.contains("web ran on \(next) next, after falco"))
    #expect(row.down == trial.probes.first { $0.probe == "website" }?.downtime)
    #expect(row.back == trial.milestones.first { $0.kind == .serviceBack }?.time)
    #expect(row.redundant == trial.milestones.first { $0.kind == .fullRedundancy }?.time)
    #expect(row.lost == .counted(0))
    #expect(row.blind == .notObserved(reason: "there was no monitoring"))
  }

  @Test("Of several trials, a row has the longest times and the sum of the lost records")
  func trials() throws {
    let row = try row(UnplugRun(trials: [.init(), .init(lost: 40...42), .init(neverBack: true)]))
    #expect(row.lost == .counted(3))
    guard case .censored = row.back else {
      Issue.record("the service that never came back has a measured end: \(row.back)")
      return
    }
  }

  @Test("A void trial has its faults and its lost records, and no other value")
  func void() throws {
    #expect(try self.row(UnplugRun(trials: [.init(lost: 40...42, endsEarly: true)])).lost == .counted(3))
    let row = try row(UnplugRun(trials: [.init(endsEarly: true)]))
    #expect(row.injected == ["host.unplug on falco, 90 s"])
    #expect(row.down == .notObserved(reason: "there was no probe"))
  }

  @Test("People's findings take the place of the report's verdict")
  func findings() throws {
    let own = try row(UnplugRun())
    #expect(!own.isReviewed)
    #expect(own.findings.count == 1)
    let reviewed = try row(UnplugRun(), findings: ["The website waits for fencing", "No alert came"])
    #expect(reviewed.isReviewed)
    #expect(reviewed.findings == ["The website waits for fencing", "No alert came"])
  }

  @Test("The table is in the order of the incidents, and a cell can't break it")
  func markdown() throws {
    var later = try row(UnplugRun())
    later.incidents = ["k"]
    var first = try row(UnplugRun())
    first.findings = ["a | b\nc"]
    let table = IncidentTable([later, first])
    #expect(table.runs.map(\.incidents) == [["a"], ["k"]])
    let lines = table.markdown.split(separator: "\n", omittingEmptySubsequences: false)
    let cells = lines.prefix(4).map { $0.replacing("\\|", with: "").split(separator: "|").count }
    #expect(cells == [12, 12, 12, 12])
    #expect(lines[2].hasSuffix("| a \\| b c |"))
  }

  @Test("What other programs found is in the row of their run")
  func oracles() throws {
    let json = """
      {"run": "2026-11-23T0630Z-unplug-host-3f9a", "fio": {"agrees": null, "detail": "fio was not read"},
       "tcpdump": {"agrees": false, "detail": "website: reported 1.0 to 2.0 s, captured 3.0 s"}}
      """
    let run = "2026-11-23T0630Z-unplug-host-3f9a"
    let verdict = try OracleVerdict(json: Data(json.utf8), about: run)
    #expect(verdict.tcpdump.agrees == false && verdict.fio.agrees == nil)
    var observed = try row(UnplugRun())
    observed.oracles = verdict
    let lines = IncidentTable([observed, try row(UnplugRun())]).markdown.split(separator: "\n")
    #expect(
      lines[2].contains(
        "| no (website: reported 1.0 to 2.0 s, captured 3.0 s) | not judged (fio was not read) |"))
    #expect(lines[3].contains("| – | – |"))
    #expect(!lines.contains { $0.contains("crm_simulate") })
    #expect(throws: OracleOfOtherRun(run: run, expected: "another")) {
      try OracleVerdict(json: Data(json.utf8), about: "another")
    }
  }

  @Test("What Pacemaker's scheduler predicted is beside what was observed")
  func predictions() throws {
    let json = """
      {"run": "r", "fio": {"detail": ""}, "tcpdump": {"detail": ""}, "pacemaker": [
       {"failed": "falco", "vm": "web", "predicted": ["excelsior"], "observed": ["excelsior"]},
       {"failed": "falco", "vm": "shop", "predicted": ["falco"], "observed": []},
       {"failed": "falco", "vm": "mail", "predicted": [], "observed": ["dauntless"]}]}
      """
    var observed = try row(UnplugRun())
    observed.oracles = try OracleVerdict(json: Data(json.utf8), about: "r")
    let lines = IncidentTable([observed]).markdown.split(separator: "\n").suffix(5)
    #expect(
      Array(lines) == [
        "| run | if this host fails | predicted by crm_simulate | observed |", "|---|---|---|---|",
        "| unplug-host | falco | web starts on excelsior | web ran on excelsior |",
        "| unplug-host | falco | shop stays on falco | shop ran on no other host |",
        "| unplug-host | falco | mail is stopped | mail ran on dauntless |",
      ])
  }
}
