import Scenario
import Testing

@testable import Runner

@Suite struct DigestTests {
  private let scenario = Scenario(
    name: "unplug-host", title: "One host loses every cable",
    steady: .init(duration: .seconds(10), probes: ["website"], views: ["manager"]),
    timeline: [
      Step(
        name: "step-1", trigger: .at(.zero), fault: "host.unplug", target: .host(.hostOf("web")),
        duration: .seconds(90), parameters: ["mode": .word("carrier")])
    ])
  private let fleet = Fleet(
    name: "tdf",
    hosts: [.init(name: "falco", ssh: "root@falco", links: ["internal": "eth1", "external": "eth0"])],
    vms: [.init(name: "web", domain: "web")], quorum: 1,
    probes: [
      .init(name: "website", kind: .http, target: "http://10.77.2.101/"),
      .init(name: "other", kind: .ping, target: "10.77.2.1"),
    ], views: [.init(name: "manager", kind: .init("pacemaker"))])

  /// The digests are the SHA-256 of the values' JSON, as sha256sum(1) prints it. They identify scenarios over the
  /// years.
  @Test("The digests of scenario, fleet and probes never change for the same content")
  func sameValuesHaveTheseDigests() throws {
    #expect(
      try Digests.of(scenario, fleet) == [
        "scenario": "bdb7c2796355d5495c773e8c61a2bd04cefd733f22d839ee6bf6961290c05ae0",
        "fleet": "eaa253fcfd460cc5f58bb0c78c9e547f8078e673e91a846c54381917a077f33f",
        "probes": "a04edac82668c1a3bae77298c07c68e2a6bd231647079dc8049ab5928b2752ef",
      ])
  }

  @Test("Digests don't depend on the order of a dictionary")
  func areTheSameEachTime() throws {
    let first = try Digests.of(scenario, fleet)
    for _ in 0..<20 {
      // A rebuilt copy of a dictionary has another order.
      var copy = fleet
      copy.hosts[0].links = Dictionary(uniqueKeysWithValues: fleet.hosts[0].links.shuffled())
      #expect(try Digests.of(scenario, copy) == first)
    }
  }

  @Test("The way to reach the fleet isn't part of its digest")
  func howTheFleetIsReachedDoesNotCount() throws {
    var reached = fleet
    reached.netns = .init(path: "/proc/1/ns/net", inode: 7)
    reached.sshConfig = "/etc/ssh/lab"
    #expect(try Digests.of(scenario, reached) == Digests.of(scenario, fleet))
  }

  @Test("What the team states of the drill isn't part of a digest")
  func theDrillDoesNotCount() throws {
    var (stated, known) = (scenario, fleet)
    stated.drill = Drill()
    stated.drill?[.lead] = ["Jane Doe"]
    known.drill = stated.drill
    #expect(try Digests.of(stated, known) == Digests.of(scenario, fleet))
  }

  @Test("A change of scenario, fleet or probes changes its own digest")
  func whatChangesChangesItsOwnDigest() throws {
    let before = try Digests.of(scenario, fleet)
    func changed(_ scenario: Scenario, _ fleet: Fleet) throws -> Set<String> {
      let after = try Digests.of(scenario, fleet)
      return Set(after.keys.filter { after[$0] != before[$0] })
    }
    var longer = scenario
    longer.timeline[0].duration = .seconds(91)
    #expect(try changed(longer, fleet) == ["scenario"])
    var larger = fleet
    larger.quorum = 2
    #expect(try changed(scenario, larger) == ["fleet"])
    var faster = fleet
    faster.probes[0].every = .milliseconds(100)
    #expect(try changed(scenario, faster) == ["fleet", "probes"])
    // A probe that the scenario doesn't use is not part of its workload.
    var unused = fleet
    unused.probes[1].every = .milliseconds(100)
    #expect(try changed(scenario, unused) == ["fleet"])
  }
}
