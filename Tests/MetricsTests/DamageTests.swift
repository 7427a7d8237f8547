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
      WritesAudit(
        probe: "writes", found: RecordsFound(present: [1...8, 12...12, 14...14, 17...20], tornUnplaced: 1)))
    #expect(writes.acknowledged == 17)
    #expect(writes.lost == .counted(4))
    #expect(writes.lostRanges == [[9, 10], [15, 16]])
    #expect(writes.present == 14)
    #expect(writes.presentUnacknowledged == 1)
    #expect(writes.torn == .counted(1) && writes.tornUnplaced == 1)
  }

  @Test("A write that is absent and was not acknowledged isn't lost")
  func absentAndNotAcknowledgedIsLegal() {
    #expect(
      writes(o(5) + r(2), WritesAudit(probe: "writes", found: RecordsFound(present: [1...5]))).lost
        == .counted(0))
  }

  @Test("An empty disk has lost every acknowledged write")
  func anEmptyDiskHasLostAll() {
    let writes = writes(o(5), WritesAudit(probe: "writes", found: RecordsFound()))
    #expect(writes.lost == .counted(5) && writes.lostRanges == [[1, 5]])
  }

  @Test("Lost, torn and stale records are counted separately")
  func kinds() {
    // 1…10 and 13…20 acknowledged, 11 and 12 not.
    let writes = writes(
      o(10) + r(2) + o(8),
      WritesAudit(
        probe: "writes",
        found: RecordsFound(
          present: [1...3, 6...10, 12...20], torn: [4...4, 11...11], tornUnplaced: 1,
          older: [5...5, 30...30],
          bypassed: [14...15], missing: [])))
    #expect(writes.lost == .counted(0))
    #expect(writes.torn == .counted(2) && writes.tornRanges == [[4, 4]] && writes.tornUnacknowledged == 1)
    #expect(writes.stale == .counted(3) && writes.staleRanges == [[5, 5], [14, 15]])
    #expect(writes.indeterminate == 2 && writes.presentUnacknowledged == 1)
    #expect(writes.damaged == .counted(4))
  }

  @Test("A record that is gone although another builds on it is damage without an acknowledgement, too")
  func goneWithoutAcknowledgement() {
    let writes = writes(
      o(5) + r(1) + o(2),
      WritesAudit(
        probe: "writes", found: RecordsFound(present: [1...4, 7...8], missing: [5...6])))
    #expect(writes.lost == .counted(1) && writes.lostUnconfirmed == 1 && writes.damaged == .counted(2))
  }

  private func read(_ kind: RecordsRead.Place.Kind, _ host: String, _ present: NumberRanges) -> RecordsRead {
    RecordsRead(.init(kind, host: host, path: "/web.img"), found: RecordsFound(present: present))
  }

  @Test("A record that one mount does not have is lost; a place that could not be read is named")
  func mounts() {
    let writes = writes(
      o(5),
      WritesAudit(
        probe: "writes",
        reads: [
          RecordsRead(.service, unreadable: "no route to host"), read(.mount, "falco", [1...5]),
          read(.mount, "dauntless", [1...3]),
        ]))
    #expect(writes.lost == .counted(2) && writes.lostRanges == [[4, 5]])
    #expect(writes.reads[0].unreadable == "no route to host")
  }

  @Test("The replica that differs is named, with the first record in which it does")
  func replicas() {
    let writes = writes(
      o(5),
      WritesAudit(
        probe: "writes",
        reads: [
          RecordsRead(.service, found: RecordsFound(present: [1...5])), read(.replica, "dauntless", [1...5]),
          read(.replica, "excelsior", [1...2, 5...5]), read(.replica, "falco", [1...5]),
        ]))
    #expect(writes.lost == .counted(0) && writes.differingReplicas == .counted(1))
    #expect(writes.reads.map(\.isSame) == [true, true, false, true])
    #expect(writes.reads[2].differsFrom == 3 && writes.reads[2].lacking == 2)
  }

  @Test("A replica with all records and another content differs")
  func contents() {
    var reads = [1, 2, 2].map { (digest: UInt32) in
      RecordsRead(
        .init(.replica, host: "h\(digest)", path: "/web.img"),
        found: RecordsFound(present: [1...5], digest: digest))
    }
    #expect(
      writes(o(5), WritesAudit(probe: "writes", reads: reads)).reads.map(\.isSame) == [false, true, true])
    reads[0] = RecordsRead(reads[0].place, unreadable: "no answer")
    let unread = writes(o(5), WritesAudit(probe: "writes", reads: reads))
    #expect(unread.differingReplicas == .notObserved(reason: "h1:/web.img: no answer"))
    #expect(unread.lost == .notObserved(reason: "the records were never read"))
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
