import Faults
import Scenario
import Testing

/// The assignments of a partition, and the hosts that it takes.
@Suite struct PartitionTests {
  private static let fleet = Fleet(
    name: "tdf",
    hosts: ["a", "b", "c", "d", "e"].enumerated().map { number, name in
      Fleet.Host(
        name: name, ssh: name, links: ["internal": "eth1", "external": "eth0"],
        addresses: ["internal": ["10.0.1.\(number)"], "external": ["10.0.2.\(number)"]])
    })

  private func assignments(
    _ sides: [[String]], _ direction: String = "both", network: String? = "internal", in fleet: Fleet = fleet
  ) throws(StepRefused) -> [Assignment] {
    let step = Step(
      name: "split", trigger: .at(.zero), fault: "partition", target: .sides(sides, network: network),
      duration: .seconds(60), parameters: ["direction": .word(direction)])
    return try Catalogue.builtIn.assignments(for: step, on: nil, in: fleet)
  }

  private func unheard(_ assignments: [Assignment]) -> [String] {
    assignments.map { "\($0.site): \($0.traits.object)" }
  }

  @Test("Each host of each side loses all hosts of the others") func bothWays() throws {
    let split = try assignments([["b"], ["a", "c"], ["e"]])
    #expect(
      unheard(split) == [
        "a: what comes from b, e on internal", "b: what comes from a, c, e on internal",
        "c: what comes from b, e on internal", "e: what comes from b, a, c on internal",
      ])
    #expect(split.allSatisfy { $0.takes == ["b", "e"] })
  }

  @Test("In a one-way partition, the side that still receives packets has no lease") func oneWay() throws {
    let deaf = try assignments([["a"], ["b", "c"]], "in")
    #expect(unheard(deaf) == ["a: what comes from b, c on internal"])
    let mute = try assignments([["a"], ["b", "c"]], "out")
    #expect(unheard(mute) == ["b: what comes from a on internal", "c: what comes from a on internal"])
    #expect((deaf + mute).allSatisfy { $0.takes == ["a"] })
  }

  @Test("If sides have the same size, the first one counts as the platform") func ties() throws {
    #expect(try assignments([["a", "b"], ["c", "d"]]).allSatisfy { $0.takes == ["c", "d"] })
    #expect(try assignments([["a"], ["b", "c"], ["d", "e"]]).allSatisfy { $0.takes == ["a", "d", "e"] })
  }

  @Test("A partition on all networks uses every address") func allNetworks() throws {
    let split = try assignments([["a"], ["b"]], network: nil)
    #expect(
      split.map(\.traits.pathLoss) == [
        .fromAddresses(["10.0.1.1", "10.0.2.1"]), .fromAddresses(["10.0.1.0", "10.0.2.0"]),
      ])
  }

  @Test("A partition that can't be cut is refused with the next step")
  func refusals() throws {
    func refusal(
      _ sides: [[String]], _ direction: String = "both", network: String? = "internal", in fleet: Fleet
    ) throws -> StepRefused {
      try #require(throws: StepRefused.self) {
        _ = try assignments(sides, direction, network: network, in: fleet)
      }
    }
    #expect(try refusal([["a"]], in: Self.fleet).parameters == [])
    #expect(try refusal([["a"], []], in: Self.fleet).parameters == [])
    #expect(try refusal([["a"], ["b"], ["c"]], "in", in: Self.fleet).parameters == ["direction"])
    #expect(try refusal([["a"], ["z"]], in: Self.fleet).reason.contains("'z'"))
    var bare = Self.fleet
    bare.hosts[1].addresses = nil
    #expect(
      try refusal([["a"], ["b"]], in: bare).reason == bare.hosts[1].needsAddresses(on: "internal"))
    bare.hosts[1].addresses = ["internal": ["10.0.1.1"]]
    #expect(
      try refusal([["a"], ["b"]], network: nil, in: bare).reason
        == bare.hosts[1].needsAddresses(on: "external"))
    bare.hosts[1].addresses = ["internal": []]
    let empty = try refusal([["a"], ["b"]], in: bare)
    #expect(empty.parameters == [] && empty.reason.contains("internal"))
  }
}
