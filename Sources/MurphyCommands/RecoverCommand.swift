import ArgumentParser
import Glibc
import Linux
import Runner
import Scenario

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Reverts every fault that still has a lease, on every host of the fleet.",
    discussion: "murphy-agent recover does the same for the host that it runs on; run it at each boot.")

  @OptionGroup var fleet: FleetOption

  func run() throws {
    let fleet = try fleet.read()
    try enterControllerNamespace(of: fleet)
    var failed: [String] = []
    try AgentCall("recover", patience: .seconds(60)).ask(fleet.hosts, configuration: fleet.sshConfig) {
      answer in
      func warn(_ text: String) { printToStandardError("\(answer.host): \(text)") }
      if let printed = answer.printed { warn("its login shell prints: \(printed)") }
      // The text of a failure contains these lines.
      if answer.failure == nil || answer.code == 5 { answer.errors.forEach(warn) }
      for line in answer.report { print("\(answer.host): \(line)") }
      if answer.failure == nil, answer.report.isEmpty { warn("nothing to revert") }
      // Both streams may go to one file. Flushing keeps the hosts' order there.
      fflush(nil)
      if let failure = answer.failure {
        failed.append(answer.host)
        // The agent's report names the faults that it could not revert.
        if answer.code != 5 { warn(failure) }
      }
    }
    if fleet.hosts.contains(where: { $0.bmc != nil }) {
      let name = Site.controller.name
      let (report, isClean) = try ControllerRecovery.perform(fleet.controller ?? .standard)
      for line in report { print("\(name): \(line)") }
      if !isClean { failed.append(name) }
    }
    if !failed.isEmpty {
      throw Stop(
        .faultsActive,
        "not known to be clean: \(failed.joined(separator: ", ")); try again, or run murphy-agent recover there"
      )
    }
    print("no fault is active on the fleet's hosts")
  }
}
