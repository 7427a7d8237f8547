import AgentProtocol
import Faults
import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Runner

/// A fleet of many hosts.
@Suite struct FanOutTests {
  private static let fleet = Fleet(
    name: "many",
    hosts: (1...100).map { .init(name: "host-\($0)", ssh: "host-\($0)", links: ["lan": "eth0"]) },
    probes: [.init(name: "port", kind: .tcp, target: "tcp://192.0.2.1:22")])

  private static var scenario: Scenario {
    Scenario(
      name: "cut", steady: .init(duration: .seconds(1), probes: ["port"]),
      timeline: [
        Step(
          name: "cut", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("host-1")),
          duration: .seconds(1), parameters: ["mode": .word("carrier")])
      ])
  }

  private static func course() -> RunCourse {
    RunCourse(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, run: "many", tag: "many", seed: 1)
  }

  /// Advances by ticks; the hosts to which connections are started, by tick.
  private static func dials(_ course: inout RunCourse, ticks: Range<Int>) -> [[String]] {
    ticks.map { tick in
      course.handle(.tick, at: .milliseconds(Int64(100 * tick))).compactMap { act in
        if case .dial(let host, _, _) = act { host.name } else { nil }
      }
    }
  }

  @Test("At the start, 8 connections begin in a tenth of a second, and 32 hosts are connected at once")
  func bounded() {
    var course = Self.course()
    _ = course.handle(.start, at: .zero)
    let dials = Self.dials(&course, ticks: 0..<20)
    #expect(dials.map(\.count) == [8, 8, 8, 8] + Array(repeating: 0, count: 16))
    #expect(dials.joined().elementsEqual((1...32).map { "host-\($0)" }))
  }

  @Test("Each host is tried once before any is tried again")
  func turns() {
    var course = Self.course()
    _ = course.handle(.start, at: .zero)
    _ = Self.dials(&course, ticks: 0..<4)
    for host in 1...32 {
      _ = course.handle(
        .connectionEnded(host: "host-\(host)", generation: 1, "refused"), at: .milliseconds(350))
    }
    let later = Self.dials(&course, ticks: 10..<14).joined()
    #expect(later.elementsEqual((33...64).map { "host-\($0)" }))
  }

  @Test("Hosts that answered before are connected again though 32 others are being connected")
  func again() {
    var course = Self.course()
    _ = course.handle(.start, at: .zero)
    _ = Self.dials(&course, ticks: 0..<4)
    let welcome = Welcome(version: "1", boot: "b", foreignLeases: [])
    _ = course.handle(
      .line(host: "host-1", generation: 1, .reply(id: 1, .welcome(welcome))), at: .milliseconds(350))
    #expect(Self.dials(&course, ticks: 4..<5) == [["host-33"]])
    _ = course.handle(.connectionEnded(host: "host-1", generation: 1, "cut"), at: .milliseconds(850))
    #expect(Self.dials(&course, ticks: 9..<10) == [["host-1"]])
  }

  @Test("Hosts have time for their turn before they are refused as silent")
  func silent() {
    var conductor = Conductor(
      scenario: Self.scenario, fleet: Self.fleet, catalogue: Catalogue.builtIn, tag: "many",
      draws: TrialDraws(seed: 1))
    func ends(at time: Nanoseconds) -> Bool {
      conductor.handle(.tick, at: time).contains { if case .finish = $0 { true } else { false } }
    }
    _ = conductor.handle(.start, at: .zero)
    #expect(!ends(at: .seconds(79)))
    #expect(ends(at: .seconds(81)))
  }

  @Test("A lease's records are those of its own host, and each lease is found by its name")
  func records() throws {
    var leases = RunLeases(tag: "many")
    let step = Self.scenario.timeline[0]
    for name in ["host-1", "host-2"] {
      let assignments = try Catalogue.builtIn.assignments(
        for: step, on: Self.fleet.host(name), in: Self.fleet)
      _ = leases.add(step, try #require(assignments.first), injectAt: .zero, cutsControlPath: false)
    }
    #expect(leases.on("host-2").map(\.name) == ["many_2"])
    #expect(leases["many_1"]?.host == "host-1")
    for name in ["many_1", "many_2"] { _ = leases.askRevert(name, at: .zero) }
    leases.take(records: [], inDoubt: [], of: "host-2", isComplete: true)
    #expect(leases.open.map(\.name) == ["many_1"])
  }
}
