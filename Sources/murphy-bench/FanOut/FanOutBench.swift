import ArgumentParser
import IsolatedHost
import Linux

/// Measures one controller with many agents: how close together the faults of one step begin, and what each host costs the
/// controller.
///
/// It restarts itself in temporary namespaces. There the built `murphy` runs a scenario over real ssh on real agents, each
/// in its own namespaces.
struct FanOutBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fan-out",
    abstract:
      "Measures a step on many hosts: first effect to last, and the controller's processor time and memory.",
    discussion:
      "It needs root, sshd, and 12 MB of memory for each agent. It doesn't change the machine: everything runs in temporary namespaces."
  )

  @Option(help: "The numbers of agents, separated by commas.") var agents = "10,30,100,300"
  @Option(help: .hidden) var stage: Stage?

  enum Stage: String, ExpressibleByArgument {
    case controller
  }

  private var counts: [Int] { agents.split(separator: ",").compactMap { Int($0) } }

  func validate() throws {
    if counts.count != agents.split(separator: ",", omittingEmptySubsequences: false).count
      || !counts.allSatisfy(FanOutBed.counts.contains)
    {
      throw ValidationError(
        "--agents: give numbers from \(FanOutBed.counts.lowerBound) to \(FanOutBed.counts.upperBound), as 10,30,100"
      )
    }
  }

  func run() throws {
    guard stage != nil else {
      try requireRoot()
      try restartInNamespaces(["fan-out", "--stage", Stage.controller.rawValue, "--agents", agents])
    }
    endOnSignals()
    try IsolatedHost.separateFiles()
    var lines: [FanOutLine] = []
    print(FanOutLine.heads)
    for count in counts {
      let line = try FanOutRun.measure(FanOutBed(count))
      print(line)
      lines.append(line)
    }
    for line in FanOutLine.fits(lines) { print(line) }
  }
}
