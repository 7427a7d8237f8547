import AgentProtocol
import ArgumentParser
import Linux
import Runner
import Scenario

struct DeployCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy",
    abstract: "Copies murphy-agent over ssh to the hosts that have another one or none.",
    discussion: """
      It replaces the agent in root's PATH, or writes \(AgentDeployment.place), and changes nothing else: no policy, no \
      service. A copy that doesn't start on a host replaces nothing there. Refused are a host with a lease, an agent that \
      belongs to a package, and one that is newer. With become: sudo, the user must be allowed to run sh.

      Exit codes: 0 all hosts have this agent; 1 with --check, some don't; 2 bad input; 3 a host failed or is refused.
      """)

  @OptionGroup var fleet: FleetOption
  @Option(
    help: ArgumentHelp(
      "The agent's program, of this program's version. Default: murphy-agent beside this program.",
      valueName: "file"))
  var agent: String?
  @Flag(help: "Shows what would be copied; changes nothing.") var check = false
  @Flag(help: "Also replaces a newer version.") var downgrade = false
  @Argument(help: "Hosts of the fleet. Default: all.") var hosts: [String] = []

  func validate() throws { try refuseEmpty(["--agent": agent]) }

  func run() throws {
    let fleet = try fleet.read()
    let hosts = try fleet.hosts(called: hosts)
    let deployment = AgentDeployment(try program(), replacesNewer: downgrade)
    try enterControllerNamespace(of: fleet)
    var failed: [String] = []
    func fail(_ host: Fleet.Host, _ reason: String) {
      failed.append(host.name)
      printToStandardError("\(host.name): \(reason)")
    }
    var others: [(host: Fleet.Host, agent: HostAgent?)] = []
    for (host, step) in zip(hosts, try deployment.steps(on: hosts, configuration: fleet.sshConfig)) {
      switch step {
      case .success(.keep(let agent)): print("\(host.name): has this agent: \(agent)")
      case .success(.copy(let agent)): others.append((host, agent))
      case .success(.refuse(let reason)): fail(host, reason)
      case .failure(let failure): fail(host, "\(failure)")
      }
    }
    if check {
      for (host, agent) in others {
        print("\(host.name): \(agent.map { "has \($0)" } ?? "has no agent"): \(version) would be copied")
      }
    } else if !others.isEmpty {
      let failures = try deployment.copy(to: others.map(\.host), configuration: fleet.sshConfig)
      for (other, failure) in zip(others, failures) {
        if let failure {
          fail(other.host, "\(failure)")
        } else {
          print(
            "\(other.host.name): copied version \(version)"
              + (other.agent.map { ", in place of \($0)" } ?? " to \(AgentDeployment.place)"))
        }
      }
    }
    if !failed.isEmpty { throw Stop(.refused, "without this agent: \(failed.joined(separator: ", "))") }
    if check, !others.isEmpty { throw Stop(.missed) }
  }

  private var version: String { Greeting.current.version }

  /// The content of the agent's file.
  ///
  /// - Throws: `Stop` if the file can't be read, or isn't an agent of this version.
  private func program() throws -> [UInt8] {
    let own = try programPath()
    let folder = own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
    let file = agent ?? "\(folder)murphy-agent"
    do {
      // A path without a slash would be searched in PATH.
      let path = file.contains("/") ? file : "./\(file)"
      let content = try DurableFile.read(path, limit: Self.largest)
      let found = try ChildProcess.run([path, "--version"], within: .seconds(10)).success()
      let other = found.split(separator: "\n").first ?? "nothing"
      guard other == version else {
        throw Stop(
          .badInput,
          "\(file): its --version prints \(other); this controller is \(version): build both from the same source"
        )
      }
      return content
    } catch let error as SystemError {
      throw Stop(.badInput, "\(file): \(error): name the agent's program with --agent")
    } catch let error as ProcessFailure {
      throw Stop(.badInput, "\(file): not an agent that starts here: \(error)")
    }
  }

  /// In bytes. An agent with Swift's own libraries in it has less than a tenth.
  private static let largest = 1 << 30
}
