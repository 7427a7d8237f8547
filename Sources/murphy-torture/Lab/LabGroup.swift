import Agent
import AgentProtocol
import Conductor
import Dispatch
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario
import Synchronization

/// The cases that one run tries, one per host, with the checks and the clean-up after it.
struct LabGroup {
  let lab: TortureLab
  let cases: [LabCase]
  let seed: UInt64
  private static let hold: Int64 = 3_000_000_000

  func perform(named name: String) throws -> [LabResult] {
    let hosts = Array(lab.hosts.prefix(cases.count))
    let run = try LabRun(
      zip(cases, hosts).map { ($0.fault.keys, $0.fault.target($1.name)) }, lasting: "3s", on: lab, named: name
    )
    var outcomes = try strike(run, hosts)
    let isController = { (process: ProcessIdentity) in process == run.controller }
    if !outcomes.contains(where: { $0.victims.contains(where: isController) }) { end(run, &outcomes) }
    for index in outcomes.indices { learn(&outcomes[index], run) }
    for index in outcomes.indices { try judge(&outcomes[index], hosts[index], cases[index], run) }
    try recover(&outcomes)
    try clear(run, hosts, &outcomes)
    // A process that was stopped and continued may have written its lease only now, and has reverted it.
    try recover(&outcomes)
    for index in outcomes.indices {
      outcomes[index].result.residue += try lab.differences(on: hosts[index])
    }
    return outcomes.map(\.result)
  }

  private func strike(_ run: LabRun, _ hosts: [TorturedLabHost]) throws -> [LabTrial.Outcome] {
    let found = WaitingBox(Mutex<[Int: Result<LabTrial.Outcome, any Error>]>([:]))
    let end = DispatchSemaphore(value: 0)
    let wasHit = WaitingBox(Mutex(false))
    var random = SeededGenerator(seed: seed)
    for (index, (one, host)) in zip(cases, hosts).enumerated() {
      let trial = LabTrial(
        one, on: host, in: run, hold: Self.hold, random: SeededGenerator(seed: random.next()),
        controllerWasHit: wasHit)
      try host.onNetwork(named: "case \(index)") {
        let outcome = Result { try trial.perform() }
        found.value.withLock { $0[index] = outcome }
        end.signal()
      }
    }
    for _ in cases { end.wait() }
    return try found.value.withLock { found in try cases.indices.compactMap { try found[$0]?.get() } }
  }

  /// Waits until a run with a living controller ends by itself.
  private func end(_ run: LabRun, _ outcomes: inout [LabTrial.Outcome]) {
    if waitUntil(within: 8000, every: 10_000, { !run.isRunning }) { return }
    _ = try? run.controller.signal(SIGTERM)
    if waitUntil(within: 8000, every: 10_000, { !run.isRunning }) { return }
    for index in outcomes.indices { outcomes[index].result.notes.append("the controller had to be killed") }
    _ = try? run.controller.signal(SIGKILL)
    _ = waitUntil(within: 2000, every: 5000) { !run.isRunning }
  }

  /// A controller that reverts a fault forgets its lease, including the log: then the run's journal shows it.
  private func learn(_ outcome: inout LabTrial.Outcome, _ run: LabRun) {
    guard outcome.result.link == LabResult.unnoted, let lease = outcome.lease else { return }
    let isTold = run.events().contains {
      $0.contains("\"lease.reverted\"") && $0.contains("\"\(lease.name)\"")
    }
    if isTold { outcome.result.link = RevertCause.controller.rawValue }
  }

  /// A fault that is still active is a failure, unless none of Murphy's processes could have reverted it.
  private func judge(
    _ outcome: inout LabTrial.Outcome, _ host: TorturedLabHost, _ one: LabCase, _ run: LabRun
  ) throws {
    guard outcome.isStillThere, let lease = outcome.lease else { return }
    if one.fault.isRevertedByKernel || outcome.aProcessCould {
      outcome.result.residue.append(
        "the fault was still active \(LabGrace.ofDeadline / 1_000_000) ms past its deadline")
      return
    }
    outcome.result.noProcessCould = true
    outcome.result.link = "recover"
    if try !host.doctor(lab.murphy).reports(lease: lease.name) {
      outcome.result.residue.append("murphy doctor doesn't report it")
    }
    // No network leads to the host then, but its console or its next boot can revert the fault.
    if one.fault.cutsPath { try host.run(["murphy-agent", "recover"]) }
  }

  private func recover(_ outcomes: inout [LabTrial.Outcome]) throws {
    let recovered = try lab.murphy("recover")
    if !recovered.end.isSuccess {
      for index in outcomes.indices {
        outcomes[index].result.residue.append(
          "murphy recover ended with \(recovered.end): \(recovered.outputText)")
      }
    }
  }

  /// Continues the stopped processes, and checks that they leave no residue and that all processes end.
  private func clear(_ run: LabRun, _ hosts: [TorturedLabHost], _ outcomes: inout [LabTrial.Outcome]) throws {
    for outcome in outcomes {
      for victim in outcome.victims where victim != run.controller { _ = try? victim.signal(SIGCONT) }
    }
    _ = try? run.controller.signal(SIGCONT)
    if run.isRunning { end(run, &outcomes) }
    for (index, host) in hosts.enumerated() {
      let isClear = waitUntil(within: LabGrace.ofProcesses, every: 20_000) {
        host.murphys().allSatisfy { ($0.isWatchdog || $0.isAgent) && outcomes[index].isDoubtful }
      }
      for process in host.murphys() {
        if !isClear {
          outcomes[index].result.residue.append("process \(process.arguments.joined(separator: " "))")
        } else {
          outcomes[index].result.notes.append("a process in its 35 s of doubt was ended")
        }
        _ = try? process.identity.signal(SIGKILL)
      }
    }
  }
}
