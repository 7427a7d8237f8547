import ArgumentParser
import Glibc
import IsolatedHost
import Linux

/// `murphy-bench faults`: measures the time from a command's receipt by the agent to the verified effect, together with the
/// bare calls and with the processes of ip(8) and nft(8) that have the same effect, in one run on one machine.
///
/// It restarts itself in temporary namespaces with their own links, and runs the `murphy-agent` in its own folder
/// over the real protocol. The namespaces end with it.
struct FaultBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults",
    abstract:
      "Measures the time to effect of each netlink and nft fault, against the limit and the usual tools.",
    discussion:
      "It needs root. It doesn't change the machine: everything runs in temporary namespaces.")

  @Option(
    help: "The number of measurements of each fault; three hosts at once a fifth as often, reverts a tenth.")
  var count = 1000

  @Flag(help: "Prints JSON, times in nanoseconds.")
  var json = false

  @Option(help: .hidden)
  var stage: Stage?

  /// The program's stage within its namespaces.
  enum Stage: String, ExpressibleByArgument {
    /// The controller, which shares a host with the first agent.
    case controller
    /// A further host, which will run its agent.
    case host
  }

  func validate() throws {
    if count < 1 { throw ValidationError("--count: give 1 or more") }
  }

  func run() throws {
    switch stage {
    case nil:
      try requireRoot()
      try enterNamespaces()
    case .host:
      try IsolatedHost.setUp()
      try become([try IsolatedHost.agent()])
    case .controller:
      endOnSignals()
      try IsolatedHost.separateFiles()
      try IsolatedHost.setUp()
      var bench = try Bench()
      let figures = try bench.measure(count: count)
      print(json ? try figures.json() : figures.text)
    }
  }

  private func enterNamespaces() throws {
    var arguments = ["faults", "--stage", Stage.controller.rawValue, "--count", "\(count)"]
    if json { arguments.append("--json") }
    try restartInNamespaces(arguments)
  }
}
