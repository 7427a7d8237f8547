import Scenario
import Testing

@testable import Journal

@Suite struct TrialEntriesTests {
  private func entry(_ at: Int64, _ trial: Int, _ event: Event) -> Entry {
    Entry(at: .seconds(at), trial: trial, event: event)
  }

  private func survey(_ host: String) -> Event {
    .hostSurveyed(
      HostSurvey(host: host, fingerprint: [:], running: [], clockOffset: .zero, clockUncertainty: .zero))
  }

  private func storage(_ online: Int?) -> Event {
    .viewSeen(
      view: "storage",
      .storage(
        online.map { StorageState(bricksOnline: $0, bricks: 3, peersConnected: 2, peers: 2) }
          ?? StorageState(unknown: "no answer")), from: "falco")
  }

  private func domain(_ at: Int64, _ state: DomainSeen.State) -> Event {
    .domainSeen(
      DomainSeen(host: "falco", domain: "web", state: state, what: "", at: .seconds(at), uncertainty: .zero))
  }

  private let request = Event.leaseRequested(
    LeaseRequested(
      lease: "l", step: "cut", host: "falco", fault: "host.unplug", object: "", duration: .seconds(1),
      cutsControlPath: false))

  @Test("A trial has its own entries, and of those before it the last that still count")
  func known() {
    let entries = [
      entry(0, 0, survey("falco")), entry(1, 0, storage(3)),
      entry(2, 1, .phaseBegan(.steady)), entry(3, 1, request), entry(4, 1, storage(2)),
      entry(5, 1, domain(5, .off)), entry(6, 1, .hostLost(host: "falco", reason: "")),
      entry(7, 1, storage(nil)), entry(8, 1, .hostRegained(host: "falco")), entry(9, 1, storage(1)),
      entry(10, 1, storage(nil)), entry(11, 1, domain(11, .running)), entry(11, 1, domain(4, .paused)),
      entry(12, 1, .hostLost(host: "falco", reason: "again")),
      entry(13, 2, .phaseBegan(.steady)), entry(14, 2, storage(3)), entry(15, 0, .runEnded(exitCode: 0)),
    ]
    let (trials, end) = TrialEntries.all(in: entries)
    #expect(trials.keys.sorted() == [1, 2])
    #expect(trials[1]?.before == Array(entries[0...1]))
    #expect(trials[1]?.own == Array(entries[2...13]))
    // The state before the first fault, the first and only survey, and the last of the rest.
    #expect(trials[2]?.before.map(\.at) == [0, 1, 3, 9, 10, 11, 12].map { .seconds($0) })
    #expect(trials[2]?.known == (trials[2]?.before ?? []) + entries[14...15])
    #expect(end.map(\.at) == [0, 1, 3, 11, 12, 14].map { .seconds($0) })
  }

  @Test("States from before new connections don't count, but those from before the first fault do")
  func newConnections() {
    for event in [
      Event.settingApplied(SettingApplied(side: .b, setting: "ping-timeout 10")),
      .runResumed(
        RunResumed(wall: "", completed: 1, interrupted: nil, recovered: [], versions: [:])),
    ] {
      let entries = [
        entry(0, 0, survey("falco")), entry(1, 0, storage(3)), entry(2, 1, domain(2, .running)),
        entry(3, 1, request), entry(4, 1, storage(2)), entry(5, 1, .hostLost(host: "falco", reason: "")),
        entry(6, 0, event), entry(7, 2, survey("falco")), entry(8, 2, .phaseBegan(.steady)),
      ]
      let trials = TrialEntries.all(in: entries).trials
      #expect(trials[2]?.before.map(\.at) == [1, 3].map { .seconds($0) })
      #expect(trials[2]?.own.map(\.at) == [7, 8].map { .seconds($0) })
    }
  }

  @Test("What a trial gets of those before it does not grow with their number")
  func isBounded() {
    var entries = [entry(0, 0, survey("falco"))]
    for trial in 1...200 {
      let at = Int64(trial) * 10
      entries += [
        entry(at, trial, request), entry(at, trial, storage(2)), entry(at, trial, storage(nil)),
        entry(at, trial, domain(at, .off)), entry(at, trial, .hostLost(host: "falco", reason: "")),
        entry(at, trial, .hostRegained(host: "falco")), entry(at, trial, storage(3)),
      ]
    }
    let counts = TrialEntries.all(in: entries).trials.values.map(\.before.count)
    #expect(counts.count == 200)
    #expect(counts.max() ?? 0 < 8)
  }
}
