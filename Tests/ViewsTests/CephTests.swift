import Journal
import Scenario
import Testing
import Views

/// Ceph's output, as recorded and changed by hand.
@Suite struct CephTests {
  private static let spec = ViewSpec("ceph")

  private func state(_ answers: ViewAnswer...) throws -> StorageState {
    guard case .storage(let state) = try #require(Self.spec.belief(answers)) else { throw NoStorage() }
    return state
  }

  private func state(_ status: String, _ tree: String = RecordedCeph.tree) throws -> StorageState {
    try state(ViewAnswer(status, exitCode: 0), ViewAnswer(tree, exitCode: 0))
  }

  private struct NoStorage: Error {}

  /// A recorded text with a part replaced, which must be in it.
  private func changed(_ text: String, _ part: String, _ other: String) throws -> String {
    try #require(text.contains(part), "'\(part)' isn't there")
    return text.replacing(part, with: other)
  }

  @Test("A healthy cluster is whole: its OSDs are the bricks, by host, and its monitors the peers")
  func whole() throws {
    let state = try state(RecordedCeph.status)
    #expect(
      state
        == StorageState(
          bricksOnline: 3, bricks: 3, peersConnected: 3, peers: 3,
          bricksByName: ["dauntless:/osd.0": true, "excelsior:/osd.1": true, "falco:/osd.2": true]))
    #expect(state.isWhole && Belief.storage(state).unwell() == nil)
  }

  @Test("The loss of a host's monitor and OSD is shown, with its name and what must heal")
  func loss() throws {
    let state = try state(RecordedCeph.statusOfLoss, RecordedCeph.treeOfLoss)
    #expect(state.unknown == nil && !state.isWhole && state.lacksCopy == true)
    #expect([state.bricksOnline, state.bricks, state.peersConnected, state.peers] == [2, 3, 2, 3])
    #expect(state.healBacklog == 6 && state.missing == ["falco": ["brick offline"]])
    let fleet = Fleet(
      name: "lab",
      hosts: ["dauntless", "falco"].map { .init(name: $0, ssh: "root@\($0)", links: [:], aliases: []) })
    #expect(state.misses("falco", in: fleet) == true && state.misses("dauntless", in: fleet) == false)
  }

  @Test("An OSD that is out is not a brick, and the copies that it lacks still must heal")
  func out() throws {
    let state = try state(RecordedCeph.statusOfLoss, RecordedCeph.treeOfOut)
    #expect(state.bricks == 2 && state.bricksOnline == 2 && state.healBacklog == 6 && !state.isWhole)
  }

  @Test("An OSD that the CRUSH map has on no host is a brick without a host")
  func withoutHost() throws {
    let tree = try changed(
      RecordedCeph.treeOfLoss, #""stray":[]"#,
      #""stray":[{"id":3,"name":"osd.3","type":"osd","exists":1,"status":"down","reweight":1}]"#)
    let state = try state(RecordedCeph.status, tree)
    #expect(state.bricks == 4 && state.bricksOnline == 2 && state.bricksByName?["osd.3"] == false)
  }

  @Test(
    "A placement group is whole while it is active and clean, also during a scrub, and in no other state",
    arguments: [
      ("active+clean", true), ("active+clean+scrubbing", true), ("active+clean+scrubbing+deep", true),
      ("active+clean+snaptrim_wait", true), ("active+clean+inconsistent", false), ("clean", false),
      ("active+undersized+degraded", false), ("active+clean+laggy", false), ("unknown", false), ("", false),
    ])
  func groups(_ name: String, _ isWhole: Bool) throws {
    let state = try state(try changed(RecordedCeph.status, "active+clean", name))
    #expect(state.healBacklog == (isWhole ? 0 : 8) && state.isWhole == isWhole)
  }

  @Test("Without a manager the states of placement groups are out of date, so the belief is unknown")
  func manager() throws {
    let state = try state(RecordedCeph.statusWithoutManager, RecordedCeph.tree)
    #expect(state.unknown?.contains("out of date") == true && !state.isWhole && state.lacksCopy == nil)
    let silent = try changed(RecordedCeph.status, #""num_pgs":8"#, #""num_pgs":9"#)
    #expect(try self.state(silent).unknown == "ceph: the states of 8 of 9 placement groups are known")
  }

  @Test("An error that copies and monitors don't explain is shown, unless an operator has muted it")
  func healthError() throws {
    let error = try changed(RecordedCeph.status, "HEALTH_WARN\",\"checks", "HEALTH_ERR\",\"checks")
    let text = try changed(error, #""muted":true"#, #""muted":false"#)
    #expect(try state(text).unknown == "ceph: HEALTH_ERR: 10 mgr modules have failed")
    // The recorded cluster has the same error, muted, and a warning.
    #expect(try state(RecordedCeph.status).unknown == nil)
  }

  @Test(
    "An answer that is missing, refused, or not of Ceph is unknown, not healthy",
    arguments: [
      ViewAnswer(""), ViewAnswer("", exitCode: 1), ViewAnswer("", failure: "killed after 8 s"),
      ViewAnswer("{}", exitCode: 0), ViewAnswer("[]", exitCode: 0), ViewAnswer("<html>", exitCode: 0),
      ViewAnswer(RecordedCeph.status.replacing(#""count":8"#, with: #""count":-1"#), exitCode: 0),
      ViewAnswer(
        RecordedCeph.status.replacing(#""num_mons":3"#, with: #""num_mons":9999999999999"#), exitCode: 0),
      ViewAnswer(String(repeating: "[", count: 100_000), exitCode: 0),
    ])
  func malformed(_ answer: ViewAnswer) throws {
    let tree = ViewAnswer(RecordedCeph.tree, exitCode: 0)
    for state in [try state(answer, tree), try state(ViewAnswer(RecordedCeph.status), answer)] {
      #expect(state.unknown?.isEmpty == false && !state.isWhole)
    }
    #expect(try state().unknown == "0 answers instead of 2")
  }

  @Test("A host that is queried beside another is asked only for the monitors")
  func aside() throws {
    var spec = Self.spec
    #expect(
      try spec.question()
        == .tools([
          ["ceph", "--connect-timeout", "3", "--format", "json", "status"],
          ["ceph", "--connect-timeout", "3", "--format", "json", "osd", "tree"],
        ]))
    spec.isAside = true
    #expect(
      try spec.question() == .tools([["ceph", "--connect-timeout", "3", "--format", "json", "status"]]))
    let state = try state(ViewAnswer(RecordedCeph.statusOfLoss, exitCode: 0))
    #expect(state.peersConnected == 2 && state.peers == 3 && state.unknown != nil && state.isDegraded)
  }

  @Test("init finds Ceph on a host that may query it, with the hosts of its OSDs")
  func discovered() throws {
    let ceph = try #require(Views.kind("ceph"))
    let found = ceph.discovered(["osds": ViewAnswer(RecordedCeph.tree, exitCode: 0)])
    #expect(found.views == [Self.spec] && found.hosts == ["dauntless", "excelsior", "falco"])
    for answer in [ViewAnswer("", exitCode: 127), ViewAnswer("sh: ceph: not found", exitCode: 0)] {
      #expect(ceph.discovered(["osds": answer]).views.isEmpty)
    }
  }
}
