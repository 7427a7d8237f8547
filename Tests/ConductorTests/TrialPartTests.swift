import Journal
import Scenario
import Testing

@testable import Conductor
@testable import Simulation

/// A conductor for a part of a run's trials.
@Suite struct TrialPartTests {
  private static let expected = ExpectedFingerprint(key: "ping-timeout", value: "42")

  private func rehearsal(_ part: TrialPart, fingerprint: [String: String] = [:]) -> Rehearsal {
    var scenario = Scenario.rehearsal()
    scenario.trials = 6
    let rehearsal = Rehearsal(scenario, part: part)
    for host in ["dauntless", "falco"] { rehearsal.host(host).fingerprint = fingerprint }
    return rehearsal
  }

  @Test("A conductor makes only the trials of its part")
  func onlyItsTrials() {
    let rehearsal = rehearsal(TrialPart(3...4))
    #expect(rehearsal.run() == .completed)
    #expect(rehearsal.deeds.filter { $0.hasPrefix("start probes") } == ["start probes 3", "start probes 4"])
  }

  @Test("Leases of two parts have different names")
  func leaseNames() {
    let rehearsal = rehearsal(TrialPart(3...4))
    rehearsal.run()
    #expect(rehearsal.deeds.contains("arm falco simt3_1"))
  }

  @Test("A trial begins once the hosts' fingerprints show its setting")
  func verified() {
    let rehearsal = rehearsal(
      TrialPart(2...2, expecting: Self.expected), fingerprint: ["gluster.vms.network.ping-timeout": "42"])
    #expect(rehearsal.run() == .completed)
  }

  @Test(
    "A trial whose setting the fingerprints don't show is void, and ends the run before its fault",
    arguments: [
      ["gluster.vms.network.ping-timeout": "10"], ["gluster.vms.ping": "42"],
    ])
  func notApplied(fingerprint: [String: String]) {
    let rehearsal = rehearsal(TrialPart(2...2, expecting: Self.expected), fingerprint: fingerprint)
    guard case .aborted(let reason) = rehearsal.run() else {
      Issue.record("\(String(describing: rehearsal.ending))")
      return
    }
    #expect(reason.contains("ping-timeout"), "\(reason)")
    #expect(rehearsal.voids.count == 1)
    #expect(!rehearsal.deeds.contains { $0.hasPrefix("arm") })
  }

  @Test("Before the first trial a setting that is not applied refuses the run")
  func notAppliedAtFirst() {
    let rehearsal = rehearsal(
      TrialPart(1...1, expecting: Self.expected), fingerprint: ["gluster.vms.network.ping-timeout": "10"])
    guard case .refused = rehearsal.run() else {
      Issue.record("\(String(describing: rehearsal.ending))")
      return
    }
    #expect(rehearsal.voids.isEmpty)
  }

  @Test("Settings take turns in blocks of ABBA or BAAB, by the seed")
  func order() {
    let orders = (1...8).map { TrialDraws(seed: UInt64($0)).sides(blocks: 6) }
    #expect(orders[0] == TrialDraws(seed: 1).sides(blocks: 6))
    for order in orders {
      for block in stride(from: 0, to: 24, by: 4) {
        let sides = Array(order[block..<block + 4])
        #expect(sides == [.a, .b, .b, .a] || sides == [.b, .a, .a, .b])
      }
    }
    #expect(Set(orders).count > 4)
    #expect(orders.contains { Set([$0[0], $0[4], $0[8], $0[12]]).count == 2 })
  }

  @Test("Both settings of a block meet the same random targets")
  func targetsOfABlock() throws {
    let draws = TrialDraws(seed: 5, trialsPerTarget: 4)
    let hosts = (1...12).map { draws.host(ofStep: 0, in: $0, among: Fleet.tdf.hosts)?.name }
    for block in 0..<3 { #expect(Set(hosts[block * 4..<block * 4 + 4]).count == 1) }
    #expect(Set(hosts).count == 3)
  }

  @Test("A run whose settings take turns has a part for each trial, which expects its setting")
  func parts() {
    var began = RunBegan(
      run: "r", wall: "", seed: 1, scenario: .rehearsal(), fleet: .tdf, digests: [:], versions: [:])
    began.scenario.trials = 4
    #expect(TrialPart.all(of: began, from: 3).map(\.trials) == [3...4])
    #expect(TrialPart.all(of: began, from: 5).isEmpty)
    began.alternation = Alternation(
      factor: "ping-timeout", kind: .setup, a: .init(label: "42", setup: "a"),
      b: .init(label: "10", setup: "b"), order: [.a, .b, .b, .a])
    let parts = TrialPart.all(of: began, from: 2)
    #expect(parts.map(\.trials) == [2...2, 3...3, 4...4])
    #expect(
      parts.map { $0.expected?.problems(["falco": ["gluster.network.ping-timeout": "10"]]) } == [
        [], [], ["falco: gluster.network.ping-timeout is 10, but the setting of this trial is 42"],
      ])
  }
}
