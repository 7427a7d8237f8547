import AgentProtocol
import Glibc
import Journal
import Lab
import Linux
import Scenario

/// A host that its BMC has switched off, while a process at the controller is struck. The lease is at the controller, and
/// the host's power must be restored.
extension LabSpecials {
  static let ofPower: [Special] = [
    Special(name: "host off, controller killed") { try $0.powerOff(.controller, .kill) },
    Special(name: "host off, controller and its agent killed") {
      try $0.powerOff(.controllerAndAgent, .kill)
    },
    Special(name: "host off, agent at the controller stopped over the deadline") {
      try $0.powerOff(.agent, .stop)
    },
    Special(name: "host off, controller, agent and watchdog killed") { try $0.powerOff(.all, .kill) },
  ]

  private var leasesOfController: String { "\(lab.lab.state)/controller" }

  private func powerOff(_ victims: LabVictims, _ manner: LabManner) throws -> LabResult {
    let host = lab.hosts[2]
    var result = result("host.power off", host, victims.rawValue, manner.rawValue)
    let run = try LabRun(
      [("fault: host.power, mode: off", "{host: \(host.name)}")], lasting: "10s", on: lab, named: "special")
    var found: LeaseOnDisk?
    let isOff = waitUntil(within: 40_000, every: 5000) {
      if found == nil, let tag = run.tag { found = LeaseOnDisk(ofRun: tag, in: leasesOfController) }
      return found?.log().isEffective == true
    }
    guard isOff, let lease = found, SeenProcess.namespace(of: host.pid) != host.processes,
      let agent = SeenProcess.children(of: run.controller.pid).first(where: \.isAgentOfController)
    else { throw TortureFailed("\(host.name) was not switched off: \(run.lastWords)") }
    var targets: [ProcessIdentity] = []
    if victims.includeController { targets.append(run.controller) }
    if victims.includeAgent { targets.append(agent.identity) }
    if victims.includeWatchdog {
      targets += SeenProcess.children(of: agent.pid).filter(\.isWatchdog).map(\.identity)
    }
    let struck = Clock.boottime.now
    for target in targets where try target.signal(manner == .kill ? SIGKILL : SIGSTOP) { result.kills += 1 }
    if victims == .all {
      // No process is left at the controller, and the host stays off until `murphy recover` switches it on.
      let recovered = try lab.murphy("recover")
      if !recovered.end.isSuccess {
        // The host itself can't be reached before it has booted.
        result.notes.append("murphy recover: \(recovered.end)")
      }
    }
    // The record is deleted by the run's audit and by recover, so its last known state counts.
    var revert: Revert?
    let isBack = try waitUntil(within: 90_000, every: 20_000) {
      revert = revert ?? lease.log().revert
      return try waiting { [lab = lab.lab] in await lab.status() }.hosts
        .contains { $0.name == host.name && $0.pid != nil }
    }
    if victims == .all {
      result.link = "recover"
    } else {
      _ = waitUntil(within: 5000) {
        revert = revert ?? lease.log().revert
        return revert != nil
      }
      result.link = revert?.cause.rawValue ?? LabResult.unnoted
    }
    if let revert {
      let at = revert.at.count + Clock.boottime.now - Clock.monotonic.now
      if at > lease.deadline { result.lateMs = Double(at - lease.deadline) / 1_000_000 }
      result.afterKillMs = Double(at - struck) / 1_000_000
    }
    if !isBack {
      result.residue.append("\(host.name) has no power")
      return result
    }
    if manner == .stop { for target in targets { _ = try target.signal(SIGCONT) } }
    try awaitBoot(of: host.name)
    try close(run, &result)
    return result
  }

  /// Waits until a host that its BMC has switched on can be used again.
  private func awaitBoot(of name: String) throws {
    var trouble = ""
    let isUp = waitUntil(within: 120_000, every: 500_000) {
      do {
        try lab.findHosts()
        let host = try lab.host(name)
        try lab.startDomain(on: host)
        try host.run(["sh", "-c", "ss -ltn | grep -q ':22 '"])
        return true
      } catch {
        trouble = "\(error)"
        return false
      }
    }
    if !isUp { throw TortureFailed("\(name) did not boot: \(trouble)") }
  }
}
