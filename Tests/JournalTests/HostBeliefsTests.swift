import Journal
import Scenario
import Testing

@Suite struct HostBeliefsTests {
  private let fleet = Fleet(
    name: "f",
    hosts: [
      .init(name: "dauntless", ssh: "root@dauntless", links: [:], aliases: ["10.0.0.1"]),
      .init(name: "falco", ssh: "root@falco", links: [:], aliases: ["10.0.0.2"]),
    ])

  private func manager(_ nodes: [String: String], quorate: Bool = true) -> Belief {
    .manager(
      ManagerState(
        quorate: quorate, nodes: nodes, resources: ["web": .init(role: "Started", nodes: ["falco"])]))
  }

  private func hosts(_ beliefs: [(String, Belief)]) -> HostBeliefs {
    var hosts = HostBeliefs()
    for (index, (host, belief)) in beliefs.enumerated() { hosts.take(belief, from: host, isAside: index > 0) }
    return hosts
  }

  @Test("Both sides of a partition are shown with the beliefs that they don't share")
  func partition() {
    let sides = hosts([
      ("dauntless", manager(["dauntless": "online", "falco": "offline"])),
      ("excelsior", manager(["dauntless": "online", "falco": "offline"])),
      ("falco", manager(["dauntless": "offline", "falco": "online"], quorate: false)),
    ]).sides(in: fleet)
    #expect(
      sides == [
        .init(hosts: ["dauntless", "excelsior"], believes: ["falco offline"]),
        .init(hosts: ["falco"], believes: ["dauntless offline", "no quorum"]),
      ])
    #expect(sides.map(\.description).last == "falco: dauntless offline, no quorum")
  }

  @Test("Hosts with the same belief are one side, whichever names they use for each other")
  func agreement() {
    #expect(
      hosts([("a", manager(["falco": "offline"])), ("b", manager(["10.0.0.2": "offline"]))]).sides(in: fleet)
        .count == 1)
  }

  @Test("An unknown belief contradicts no host")
  func unknown() {
    let sides = hosts([
      ("dauntless", manager(["falco": "offline"])), ("falco", .manager(ManagerState(unknown: "no answer"))),
    ]).sides(in: fleet)
    #expect(sides.map(\.hosts) == [["dauntless"]])
  }

  @Test(
    "A view that is queried on one host at a time has no sides"
  )
  func anyHost() {
    var hosts = HostBeliefs()
    hosts.take(manager(["falco": "offline"]), from: "dauntless", isAside: false)
    hosts.take(manager([:]), from: "falco", isAside: false)
    #expect(hosts.sides(in: fleet).isEmpty && hosts.source == "falco")
  }

  @Test("Beliefs about storage are compared by peers alone if a host doesn't report bricks")
  func storage() {
    func state(_ gone: [String], bricks: [String: Bool]?, unknown: String? = nil) -> Belief {
      .storage(
        StorageState(
          unknown: unknown, bricksOnline: 1, bricks: 2, peersConnected: 1, peers: 2, disconnected: gone,
          bricksByName: bricks))
    }
    let bricks = ["10.0.0.1:/b": true, "10.0.0.2:/b": false]
    let whole = hosts([
      ("dauntless", state(["falco"], bricks: bricks)), ("x", state(["10.0.0.2"], bricks: nil)),
    ])
    #expect(whole.sides(in: fleet).map(\.believes) == [["brick of falco offline"], []])
    let partly = hosts([
      ("dauntless", state(["falco"], bricks: bricks)),
      ("falco", state(["dauntless"], bricks: nil, unknown: "late")),
    ])
    #expect(partly.sides(in: fleet).map(\.believes) == [["falco disconnected"], ["dauntless disconnected"]])
  }

  @Test("Verdicts are compared by their complaints")
  func verdicts() {
    let sides = hosts([
      ("dauntless", .verdict(Verdict(words: "OK"))),
      ("falco", .verdict(Verdict(words: "full", complaints: [.init(name: "/ is full")]))),
    ]).sides(in: fleet)
    #expect(sides.map(\.description) == ["dauntless: none of these", "falco: / is full"])
  }
}
