import Journal
import Scenario
import Views
import Testing

extension String {
  /// This text with the nth occurrence (from 0) of a part replaced.
  fileprivate func replacing(_ part: String, number: Int, by other: String) -> String {
    var parts = components(by: part)
    guard number + 1 < parts.count else {
      Issue.record("'\(part)' isn't there \(number + 1) times")
      return self
    }
    let joined = parts[number] + other + parts[number + 1]
    parts.replaceSubrange(number...(number + 1), with: [joined])
    return parts.joined(separator: part)
  }

  private func components(by part: String) -> [String] {
    var rest = self[...]
    var parts: [String] = []
    while let range = rest.firstRange(of: part) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

/// Gluster's output, as recorded and changed by hand.
@Suite struct StorageViewTests {
  private let whole = StorageState(
    bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3,
    bricksByName: Dictionary(
      uniqueKeysWithValues: (11...13).map { ("10.77.1.\($0):/bricks/vms/brick", true) }))

  @Test("A host that is queried beside another is asked only for its peers")
  func aside() throws {
    var spec = ViewSpec("gluster", ["volume": .string("vms")])
    spec.isAside = true
    #expect(try spec.question() == .tools([["gluster", "--mode=script", "--xml", "pool", "list"]]))
    guard case .storage(let state) = spec.belief([ViewAnswer(Recorded.pool)]) else {
      Issue.record("no belief of storage")
      return
    }
    #expect(state.unknown == "bricks are queried on only one host")
    #expect(
      state.peers == StorageState(glusterPool: Recorded.pool, heal: Recorded.heal).peers && state.peers > 0)
    spec.isAside = false
    #expect(spec == ViewSpec("gluster", ["volume": .string("vms")]))
  }

  @Test("A healthy volume is whole")
  func aWholeVolumeIsWhole() {
    let state = StorageState(glusterPool: Recorded.pool, heal: Recorded.heal)
    #expect(state == whole)
    #expect(state.isWhole && !state.isDegraded)
  }

  @Test("A disconnected brick is counted")
  func aBrickThatIsGoneIsCounted() {
    let heal = Recorded.heal.replacing(
      "<status>Connected</status>\n          <totalNumberOfEntries>0<", number: 1,
      by: "<status>Transport endpoint is not connected</status>\n          <totalNumberOfEntries>-<")
    let state = StorageState(glusterPool: Recorded.pool, heal: heal)
    var expected = whole
    expected.bricksOnline = 2
    expected.bricksByName?["10.77.1.12:/bricks/vms/brick"] = false
    #expect(state == expected)
    #expect(state.isDegraded)
  }

  @Test("A disconnected peer is counted and named")
  func aPeerThatIsGoneIsCounted() {
    let pool = Recorded.pool.replacing("<connected>1<", number: 0, by: "<connected>0<")
    var expected = whole
    expected.peersConnected = 2
    expected.disconnected = ["10.77.1.12"]
    #expect(StorageState(glusterPool: pool, heal: Recorded.heal) == expected)
  }

  @Test("The heal backlog is the longest of the bricks' lists")
  func theLongestListOfEntriesIsTheBacklog() {
    let heal = Recorded.heal
      .replacing("<totalNumberOfEntries>0<", number: 0, by: "<totalNumberOfEntries>17<")
      .replacing("<totalNumberOfEntries>0<", number: 1, by: "<totalNumberOfEntries>12<")
      .replacing("<numberOfEntriesInSplitBrain>0<", number: 2, by: "<numberOfEntriesInSplitBrain>2<")
    let state = StorageState(glusterPool: Recorded.pool, heal: heal)
    var expected = whole
    expected.healBacklog = 17
    expected.splitBrain = 2
    #expect(state == expected)
    #expect(!state.isWhole)
  }

  @Test(
    "Peers are reported though the volume's state is unknown",
    arguments: [
      (Recorded.healOfNothing, "gluster volume heal info: Volume nosuch does not exist"),
      ("", "gluster volume heal info: no answer in time"),
      (Recorded.noGlusterd, "gluster volume heal info: not understood: \(Recorded.noGlusterd)"),
      (
        String(Recorded.heal.prefix(500)),
        "gluster volume heal info: not understood: \(Recorded.heal.prefix(120))"
      ),
    ])
  func peersAreReportedEvenIfTheVolumeIsUnknown(_ heal: String, _ words: String) {
    let pool = Recorded.pool.replacing("<connected>1<", number: 0, by: "<connected>0<")
    let state = StorageState(glusterPool: pool, heal: heal)
    #expect(state == StorageState(unknown: words, peersConnected: 2, peers: 3, disconnected: ["10.77.1.12"]))
    #expect(!state.isWhole)
    #expect(state.isDegraded)
  }

  @Test(
    "Without the list of peers the belief is unknown",
    arguments: [
      ("", "gluster pool list: no answer in time"),
      (Recorded.noGlusterd, "gluster pool list: not understood: \(Recorded.noGlusterd)"),
      (
        Recorded.pool.replacing("<opRet>0<", number: 0, by: "<opRet>-1<").replacing(
          "<opErrstr/>", number: 0, by: "<opErrstr>Another transaction is in progress</opErrstr>"),
        "gluster pool list: Another transaction is in progress"
      ),
    ])
  func withoutThePoolNothingIsKnown(_ pool: String, _ words: String) {
    let state = StorageState(glusterPool: pool, heal: Recorded.heal)
    #expect(state == StorageState(unknown: words))
    #expect(!state.isWhole && !state.isDegraded)
  }
}

/// Pacemaker's output, as recorded and changed by hand.
@Suite struct ManagerViewTests {
  private let well = ManagerState(
    quorate: true, nodes: ["dauntless": "online", "excelsior": "online", "falco": "online"],
    resources: ["web": .init(role: "Started", nodes: ["excelsior"])])

  @Test("The output of a healthy cluster gives a healthy state")
  func aWellPlatformIsWell() {
    let state = ManagerState(pacemaker: Recorded.pacemaker)
    #expect(state == well)
    #expect(state.isWell)
  }

  @Test(
    "Each state of a node is reported",
    arguments: [
      ("online=\"true\"", "online=\"false\"", "offline"),
      ("unclean=\"false\"", "unclean=\"true\"", "unclean"),
      ("standby=\"false\"", "standby=\"true\"", "standby"),
      ("pending=\"false\"", "pending=\"true\"", "pending"),
      (" maintenance=\"false\"", " maintenance=\"true\"", "maintenance"),
    ])
  func aNodesStateIsReported(_ attribute: String, _ other: String, _ word: String) {
    // The last of the three nodes is falco.
    let state = ManagerState(pacemaker: Recorded.pacemaker.replacing(attribute, number: 2, by: other))
    var expected = well
    expected.nodes["falco"] = word
    #expect(state == expected)
    #expect(!state.isWell)
  }

  @Test("A node that is offline and unclean is reported as unclean")
  func aNodeThatIsGoneAndMustBeFencedIsUnclean() {
    let output = Recorded.pacemaker.replacing("online=\"true\"", number: 1, by: "online=\"false\"")
      .replacing("unclean=\"false\"", number: 1, by: "unclean=\"true\"")
    #expect(ManagerState(pacemaker: output).nodes["excelsior"] == "unclean")
  }

  @Test("A cluster without quorum or without a coordinator isn't quorate")
  func lostQuorumIsReported() {
    for (old, new) in [
      ("with_quorum=\"true\"", "with_quorum=\"false\""),
      ("<current_dc present=\"true\"", "<current_dc present=\"false\""),
    ] {
      var output = Recorded.pacemaker.replacing(old, number: 0, by: new)
      if old.hasPrefix("<") { output = output.replacing("with_quorum=\"true\"", number: 0, by: "") }
      let state = ManagerState(pacemaker: output)
      #expect(!state.quorate)
      #expect(!state.isWell)
    }
  }

  @Test("A resource that failed or is blocked is reported")
  func aBlockedFailedResourceIsReported() {
    let output = Recorded.pacemaker
      .replacing(" blocked=\"false\"", number: 0, by: " blocked=\"true\"")
      .replacing(" failed=\"false\"", number: 0, by: " failed=\"true\"")
    let state = ManagerState(pacemaker: output)
    #expect(
      state.resources["web"] == .init(role: "Started", nodes: ["excelsior"], failed: true, blocked: true))
    #expect(state.resources["web"]?.description == "Started on excelsior (failed, blocked)")
    #expect(!state.isWell)
  }

  @Test("A resource on two nodes isn't healthy")
  func aResourceOnTwoNodesIsNotWell() {
    let state = ManagerState(
      pacemaker: Recorded.pacemaker.replacing(
        "<node name=\"excelsior\" id=\"2\" cached=\"true\"/>", number: 0,
        by:
          "<node name=\"falco\" id=\"3\" cached=\"true\"/><node name=\"excelsior\" id=\"2\" cached=\"true\"/>"
      ))
    #expect(state.resources["web"] == .init(role: "Started", nodes: ["excelsior", "falco"]))
    #expect(!state.isWell)
  }

  @Test("A resource that runs on no node isn't healthy")
  func aResourceThatRunsNowhereIsNotWell() {
    let state = ManagerState(
      pacemaker: Recorded.pacemaker.replacing("role=\"Started\"", number: 0, by: "role=\"Stopped\"")
        .replacing(
          "<node name=\"excelsior\" id=\"2\" cached=\"true\"/>", number: 0, by: ""))
    #expect(state.resources["web"] == .init(role: "Stopped", nodes: []))
    #expect(!state.isWell)
  }

  @Test(
    "An answer that can't be parsed is unknown, with the tool's message",
    arguments: [
      (Recorded.noPacemaker, "crm_mon: error: Could not connect to launcher: Connection refused"),
      ("", "crm_mon: no answer in time"),
      (
        "crm_mon: Unknown option --output-as=xml",
        "crm_mon: not understood: crm_mon: Unknown option --output-as=xml"
      ),
      (String(Recorded.pacemaker.prefix(900)), "crm_mon: not understood: \(Recorded.pacemaker.prefix(120))"),
    ])
  func anUnreadableAnswerIsUnknownWithTheToolsMessage(_ output: String, _ words: String) {
    let state = ManagerState(pacemaker: output)
    #expect(state == ManagerState(unknown: words))
    #expect(!state.isWell)
  }
}
