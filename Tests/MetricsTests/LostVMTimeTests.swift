import Journal
import Scenario
import Testing

@testable import Metrics

/// `web` runs on falco from the start. A fault is active there from 10.5 s to 50.5 s, ± 10 ms.
@Suite struct LostVMTimeTests {
  private func run(
    _ pattern: String, _ domains: [(Double, String, DomainSeen.State)] = [], database: Double? = nil
  ) -> HandMadeRun {
    var run = HandMadeRun.unplugged()
    run.samples(pattern)
    for (at, host, state) in domains { run.see("web-domain", on: host, state, at: at) }
    if let database {
      run.fleet.vms.append(Fleet.VirtualMachine(name: "db", domain: "db-domain"))
      run.see("db-domain", on: "excelsior", .running, at: 0)
      run.see("db-domain", on: "excelsior", .off, at: database)
    }
    run.events.sort { $0.at < $1.at }
    return run
  }

  @Test("A machine is lost from the outage of its service until it runs on a host without a fault")
  func moved() {
    // Ended on falco at 30, started on excelsior at 45; the website is down from 12 to 46.
    let trial = run(o(120) + r(340) + o(540), [(30, "falco", .off), (45, "excelsior", .running)]).trial
    #expect(trial.lostVMTimes?.map(\.vm) == ["web"])
    #expect(trial.lostVMTime == measured(45 - 12, 44.99 - 30.01, 45.01 - 10.49))
  }

  @Test("A machine on a host with a fault may have been lost, although no probe was down")
  func stayed() {
    #expect(run(o(1000)).trial.lostVMTime == measured(0, 0, 50.51 - 10.49))
  }

  @Test("A machine that does not run at the end is censored")
  func neverBack() {
    let trial = run(o(120) + r(880), [(30, "falco", .off)]).trial
    #expect(trial.lostVMTime == .censored(moreThan: s(100 - 30.01)))
  }

  @Test("A paused machine does not run")
  func paused() {
    let found = run(o(1000), [(60, "falco", .paused), (70, "falco", .running)]).trial.lostVMTime
    #expect(found == measured(10, 69.99 - 60.01, 50.51 - 10.49 + 70.01 - 59.99))
  }

  @Test("The times of several machines are added, and one without an end censors the sum")
  func several() {
    let moved: [(Double, String, DomainSeen.State)] = [(30, "falco", .off), (45, "excelsior", .running)]
    let trial = run(o(120) + r(340) + o(540), moved, database: 80).trial
    #expect(trial.lostVMTimes?.map(\.vm) == ["web", "db"])
    #expect(trial.lostVMTime == .censored(moreThan: s(14.98 + 19.99)))
    // It ended before the effect, so it is not counted.
    #expect(run(o(1000), database: 5).trial.lostVMTimes?.map(\.vm) == ["web"])
  }

  @Test("Without an effect, or without a machine that ran at the effect, there is no lost time")
  func notObserved() {
    #expect(
      run(o(1000), [(5, "falco", .off)]).trial.lostVMTime
        == .notObserved(reason: "no virtual machine is known to have run at the effect"))
    var idle = run(o(1000))
    idle.events.removeAll { if case .leaseEffective = $0.event { true } else { false } }
    #expect(idle.trial.lostVMTime == .notObserved(reason: "no fault became effective"))
  }
}

extension HandMadeRun {
  fileprivate mutating func see(
    _ domain: String, on host: String, _ state: DomainSeen.State, at seconds: Double
  ) {
    at(
      seconds,
      .domainSeen(
        DomainSeen(
          host: host, domain: domain, state: state, what: "by hand", at: s(seconds),
          uncertainty: .milliseconds(10))))
  }
}
