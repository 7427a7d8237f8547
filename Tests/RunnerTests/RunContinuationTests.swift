import Journal
import Scenario
import Testing

@testable import Runner

@Suite struct RunContinuationTests {
  private static let fleet = Fleet(
    name: "tdf",
    hosts: ["dauntless", "falco"].map { .init(name: $0, ssh: "root@\($0)", links: [:]) },
    probes: [
      .init(name: "writes", kind: .append, target: "tcp://10.77.2.101:7000", every: .milliseconds(100))
    ])
  private static let scenario = Scenario(
    name: "a", steady: .init(duration: .seconds(5), probes: ["writes"]), timeline: [], trials: 5)
  private static let began = Event.runBegan(
    RunBegan(
      run: "r", wall: "2026-11-27T10:00:00Z", seed: 1, scenario: scenario, fleet: fleet, digests: [:],
      versions: [:]))

  private static func residue(_ host: String) -> Event { .residueAudited(host: host, differences: []) }
  private static let writes = Event.writesAudited(WritesAudit(probe: "writes", found: RecordsFound()))

  /// A journal in which trial 2 has these entries.
  private func entries(_ last: [Event]) -> [Entry] {
    let first: [(Int, Event)] = [
      (0, Self.began), (1, .phaseBegan(.steady)), (1, .phaseBegan(.audit)), (1, Self.residue("falco")),
      (1, Self.residue("dauntless")), (1, Self.writes),
    ]
    return (first + last.map { (2, $0) }).enumerated().map {
      Entry(at: .seconds(Int64($0.offset)), trial: $0.element.0, event: $0.element.1)
    }
  }

  @Test("A run whose controller ended between trials continues with the next one")
  func between() throws {
    let none = try RunContinuation(entries([]))
    #expect(none.interrupted == nil && none.firstTrial == 2)
    let whole = try RunContinuation(
      entries([
        .phaseBegan(.steady), .phaseBegan(.audit), Self.writes, Self.residue("dauntless"),
        Self.residue("falco"),
      ]))
    #expect(whole.interrupted == nil && whole.firstTrial == 3)
  }

  @Test(
    "A trial in whose middle the controller ended is void, and the next one follows",
    arguments: [
      [Event.settingApplied(SettingApplied(side: .a, setting: "x 1"))], [.phaseBegan(.steady)],
      [.phaseBegan(.steady), .phaseBegan(.audit), writes, residue("dauntless")],
      [.phaseBegan(.steady), .phaseBegan(.audit), residue("falco"), residue("dauntless")],
    ])
  func within(last: [Event]) throws {
    var continuation = try RunContinuation(entries(last))
    #expect(continuation.interrupted == 2 && continuation.firstTrial == 3)
    continuation.resume(
      wall: ("2026-11-27T11:00:00Z", 1_795_777_200_000_000_000), recovered: ["falco: reverted"], versions: [:]
    )
    var written: [(Int, Event)] = []
    try continuation.write { written.append(($0, $1)) }
    #expect(written.map(\.0) == [2, 0])
    #expect(written[0].1 == .trialVoid(reason: "the controller ended in the middle of it"))
    #expect(
      written[1].1
        == .runResumed(
          RunResumed(
            wall: "2026-11-27T11:00:00Z", completed: 1, interrupted: 2, recovered: ["falco: reverted"],
            versions: [:])))
    #expect(continuation.elapsed == .seconds(3600))
  }

  @Test("Time continues after the last entry even if the wall clock was set back")
  func wallClock() throws {
    var continuation = try RunContinuation(entries([]))
    continuation.resume(
      wall: ("2026-11-27T09:00:00Z", 1_795_770_000_000_000_000), recovered: [], versions: [:])
    #expect(continuation.elapsed == .seconds(6))
  }

  @Test(
    "A run that has ended is not resumed",
    arguments: [
      Event.runEnded(exitCode: 0), .runAborted(reason: "x"), .runRefused(reasons: []), .faultsActive(["x"]),
    ])
  func ended(event: Event) {
    #expect(throws: RunContinuation.Refused.ended) { try RunContinuation(entries([event])) }
  }

  @Test("A journal without a beginning is not resumed")
  func empty() {
    #expect(throws: RunContinuation.Refused.noBeginning) { try RunContinuation([]) }
  }
}
