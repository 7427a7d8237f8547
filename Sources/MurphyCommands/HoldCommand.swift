import Agent
import AgentProtocol
import ArgumentParser
import Glibc
import Linux
import Runner
import Scenario

struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold",
    abstract: "Blocks all runs on the fleet's hosts, until murphy release.",
    discussion: """
      Each host keeps the hold on its own disk, so it applies to every controller. A run under way gets no further \
      lease there; its active faults end at their deadlines. To end them at once, interrupt the run with Ctrl-C or \
      SIGTERM. murphy-agent hold does the same for the host that it runs on.
      """)

  @OptionGroup var fleet: FleetOption
  @Option(help: "The reason that a refused run shows.") var reason = ""
  @Argument(help: "Hosts of the fleet. Default: all.") var hosts: [String] = []

  func run() throws {
    let order = Hold.Order(by: callerName(), reason: reason)
    let line = try WireCoding.line(order)
    guard line.count <= 1 << 15 else { throw Stop(.badInput, "--reason is longer than 32 KiB") }
    try askHosts(
      AgentCall("hold", input: line, patience: .seconds(20)), hosts, of: fleet.read(), done: "held")
  }
}

struct ReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Ends a hold: runs may use the fleet's hosts again.",
    discussion: "murphy-agent release does the same for the host that it runs on.")

  @OptionGroup var fleet: FleetOption
  @Argument(help: "Hosts of the fleet. Default: all.") var hosts: [String] = []

  func run() throws {
    try askHosts(AgentCall("release", patience: .seconds(20)), hosts, of: fleet.read(), done: "released")
  }
}

/// Calls hosts of a fleet, prints each answer, and names the hosts that failed.
private func askHosts(_ call: AgentCall, _ names: [String], of fleet: Fleet, done: String) throws {
  let asked = try fleet.hosts(called: names)
  try enterControllerNamespace(of: fleet)
  var isDone: [String] = []
  var failed: [String] = []
  try call.ask(asked, configuration: fleet.sshConfig) { answer in
    if let printed = answer.printed {
      printToStandardError("\(answer.host): its login shell prints: \(printed)")
    }
    if let failure = answer.failure {
      failed.append(answer.host)
      printToStandardError("\(answer.host): not \(done): \(failure)")
    } else {
      isDone.append(answer.host)
      for line in answer.report { print("\(answer.host): \(line)") }
    }
  }
  if !failed.isEmpty {
    throw Stop(
      .refused,
      "not \(done): \(failed.joined(separator: ", ")); \(done): "
        + (isDone.isEmpty ? "none" : isDone.joined(separator: ", ")))
  }
}
