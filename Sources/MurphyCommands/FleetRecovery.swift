import Glibc
import Linux
import Runner
import Scenario

/// Reverts every fault that still has a lease, on every host of a fleet and at the controller.
struct FleetRecovery {
  /// A line for each thing that was done.
  private(set) var report: [String] = []
  /// The hosts that are not known to be clean.
  private(set) var failed: [String] = []

  /// Recovers the hosts, and prints warnings on stderr.
  ///
  /// - Parameter show: called with each line of the report as soon as its host has answered.
  static func perform(_ fleet: Fleet, show: (String) -> Void) throws -> FleetRecovery {
    var recovery = FleetRecovery()
    func note(_ line: String) {
      recovery.report.append(line)
      show(line)
    }
    try AgentCall("recover", patience: .seconds(60)).ask(fleet.hosts, configuration: fleet.sshConfig) {
      answer in
      func warn(_ text: String) { printToStandardError("\(answer.host): \(text)") }
      if let printed = answer.printed { warn("its login shell prints: \(printed)") }
      // The text of a failure contains these lines.
      if answer.failure == nil || answer.code == 5 { answer.errors.forEach(warn) }
      for line in answer.report { note("\(answer.host): \(line)") }
      if answer.failure == nil, answer.report.isEmpty { warn("nothing to revert") }
      // Both streams may go to one file. Flushing keeps the hosts' order there.
      fflush(nil)
      if let failure = answer.failure {
        recovery.failed.append(answer.host)
        // The agent's report names the faults that it could not revert.
        if answer.code != 5 { warn(failure) }
      }
    }
    if fleet.hosts.contains(where: { $0.bmc != nil }) {
      let name = Site.controller.name
      let (report, isClean) = try ControllerRecovery.perform(fleet.controller ?? .standard)
      for line in report { note("\(name): \(line)") }
      if !isClean { recovery.failed.append(name) }
    }
    return recovery
  }

  /// Throws if a host is not known to be clean.
  func check() throws {
    if failed.isEmpty { return }
    throw Stop(
      .faultsActive,
      "not known to be clean: \(failed.joined(separator: ", ")); try again, or run murphy-agent recover there"
    )
  }
}
