import Journal
import Metrics
import Scenario
import Testing

@Suite struct WriteMetricsTests {
  func writes(_ pattern: String, _ audit: WritesAudit?) -> WriteMetrics {
    var run = HandMadeRun.unplugged()
    run.samples(pattern, of: "writes")
    if let audit { run.at(100, .writesAudited(audit)) }
    return run.trial.writes[0]
  }

  @Test("An acknowledged write that is absent is lost")
  func acknowledgedAndAbsentIsLost() {
    // 1…10 acknowledged, 11…13 not, 14…20 acknowledged; found: 1…8, 12, 14, 17…20.
    let writes = writes(
      o(10) + r(3) + o(7),
      WritesAudit(probe: "writes", present: [[1, 8], [12, 12], [14, 14], [17, 20]], torn: 1))
    #expect(writes.acknowledged == 17)
    #expect(writes.lost == .counted(4))
    #expect(writes.lostRanges == [[9, 10], [15, 16]])
    #expect(writes.present == 14)
    #expect(writes.presentUnacknowledged == 1)
    #expect(writes.torn == .counted(1))
  }

  @Test("A write that is absent and was not acknowledged isn't lost")
  func absentAndNotAcknowledgedIsLegal() {
    #expect(writes(o(5) + r(2), WritesAudit(probe: "writes", present: [[1, 5]])).lost == .counted(0))
  }

  @Test("An empty disk has lost every acknowledged write")
  func anEmptyDiskHasLostAll() {
    let writes = writes(o(5), WritesAudit(probe: "writes"))
    #expect(writes.lost == .counted(5) && writes.lostRanges == [[1, 5]])
  }

  @Test("If the records were never read, lost writes are not observed")
  func unreadIsNotNoneLost() {
    #expect(writes(o(5), nil).lost == .notObserved(reason: "the records were never read"))
    let unreadable = WritesAudit(probe: "writes", unreadable: "no domain web")
    #expect(writes(o(5), unreadable).torn == .notObserved(reason: "no domain web"))
  }
}

@Suite struct ResidueTests {
  func difference(_ line: String, _ author: StateDifference.Author) -> StateDifference {
    StateDifference(.missing, line, by: author, because: "so")
  }

  @Test("Differences are counted per host")
  func differencesAreCountedHostByHost() {
    var run = HandMadeRun.unplugged()
    run.at(
      100,
      .residueAudited(
        host: "falco",
        differences: [difference("link eth1 up", .perhapsMurphy), difference("qdisc", .murphy)]))
    run.at(100, .residueAudited(host: "dauntless", differences: []))
    #expect(run.trial.residue.count == .counted(2))
    #expect(run.trial.residue.hosts.map(\.host) == ["dauntless", "falco"])
    #expect(run.trial.residue.unaudited == ["excelsior"])
  }

  @Test("Residue is 0 only if every host was compared")
  func zeroNeedsEveryHost() {
    var run = HandMadeRun.unplugged()
    #expect(run.trial.residue.count == .notObserved(reason: "no host was compared with its state before"))
    for host in ["dauntless", "falco"] { run.at(100, .residueAudited(host: host, differences: [])) }
    #expect(
      run.trial.residue.count == .notObserved(reason: "excelsior not compared with the state before"))
    run.at(100, .residueAudited(host: "excelsior", differences: []))
    #expect(run.trial.residue.count == .counted(0))
  }

  @Test("Changes by others are reported and not counted")
  func changesByOthersAreReportedAndNotCounted() {
    var run = HandMadeRun.unplugged([Objective(subject: nil, metric: .residue, relation: .max, limit: 0)])
    for host in ["dauntless", "excelsior"] { run.at(100, .residueAudited(host: host, differences: [])) }
    let theirs = difference("mount /mnt", .others)
    run.at(100, .residueAudited(host: "falco", differences: [theirs]))
    #expect(run.trial.residue.count == .counted(0) && run.trial.objectives[0].verdict == .met)
    #expect(run.trial.residue.hosts.last?.byOthers == [theirs] && run.trial.residue.othersCount == 1)
    #expect(!run.metrics.verdict.reasons.contains { $0.subject == "residue" })
    let ours = difference("link eth0 up", .perhapsMurphy)
    run.at(101, .residueAudited(host: "falco", differences: [theirs, ours]))
    #expect(run.trial.residue.hosts.last?.left == [ours])
    #expect(run.trial.residue.count == .counted(1) && run.trial.objectives[0].verdict == .missed)
  }

  @Test("A host whose comparison is incomplete is never clean, and its differences count")
  func whatWasNotComparedIsNotClean() {
    var run = HandMadeRun.unplugged([Objective(subject: nil, metric: .residue, relation: .max, limit: 0)])
    for host in ["dauntless", "excelsior"] { run.at(100, .residueAudited(host: host, differences: [])) }
    run.at(100, .residueAudited(host: "falco", differences: [], uncompared: ["the host has rebooted"]))
    #expect(run.trial.residue.count == .notObserved(reason: "falco: the host has rebooted"))
    #expect(run.trial.objectives[0].verdict == .void("falco: the host has rebooted"))
    #expect(run.metrics.verdict.reasons.contains { $0.subject == "residue" && $0.outcome == .undecided })
    #expect(run.metrics.safety.allSatisfy { $0.kind != .residue })
    run.at(
      101,
      .residueAudited(
        host: "falco", differences: [difference("nft table", .murphy)], uncompared: ["no libvirt"]))
    #expect(run.trial.residue.count == .counted(1) && run.trial.objectives[0].verdict == .missed)
  }
}
