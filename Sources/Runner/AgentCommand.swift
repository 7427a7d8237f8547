import FoundationEssentials
import Glibc
import Linux
import Scenario

/// The command that starts `murphy-agent` on a host by ssh. The user's own configuration decides how to reach the host.
/// This type decides what the connection carries.
enum AgentCommand {
  enum Purpose: Sendable {
    /// It serves requests until its stdin ends.
    case session
    /// It performs one call, reports in JSON lines, and ends.
    case call(StaticString)
    /// No agent: a shell reads a script from stdin, for hosts without an agent.
    case script
    /// No agent: root's shell reads a script of this many bytes from stdin. The rest of stdin is for the script.
    case rootScript(length: Int)
  }

  /// The program and its arguments.
  ///
  /// A shell on the host interprets the agent's arguments, so they are literals of this program, never text from a
  /// file or a command line.
  ///
  /// - Parameter connectTimeout: in seconds, until the host has answered and the key exchange is done, including jump
  ///   hosts.
  static func arguments(
    for host: Fleet.Host, configuration: String?, _ purpose: Purpose = .session, connectTimeout: Int
  ) -> [String] {
    ["ssh", "-T"] + options.flatMap { ["-o", $0] } + ["-o", "ConnectTimeout=\(connectTimeout)"]
      + (configuration.map { ["-F", $0] } ?? []) + ["--", host.ssh] + remoteCommand(for: host, purpose)
  }

  /// The name of the controller, in messages that otherwise name a host.
  static let here = Fleet.Host(name: Site.controller.name, ssh: "", links: [:])

  /// The agent on this machine, serving this controller.
  static func arguments(atController place: Fleet.Controller) -> [String] {
    [localAgent, "controller", place.leases, place.policy]
  }

  /// The agent on this machine, which reverts the controller's leases.
  static func recovery(atController place: Fleet.Controller) -> [String] {
    [localAgent, "recover", "--leases", place.leases]
  }

  /// The agent that was built with this program; if it is missing, the one in PATH.
  private static var localAgent: String {
    let beside = try? programPath()
    let folder = beside.flatMap { path in path.lastIndex(of: "/").map { path[...$0] } } ?? ""
    let program = "\(folder)murphy-agent"
    return access(program, X_OK) == 0 ? program : "murphy-agent"
  }

  private static func remoteCommand(for host: Fleet.Host, _ purpose: Purpose) -> [String] {
    let root = host.become == .sudo ? ["sudo", "-n"] : []
    let agent = root + ["murphy-agent"]
    return switch purpose {
    case .call(let word): agent + ["\(word)", "--json"]
    // sudo drops SSH_CONNECTION, which shows the agent the controller's path. In this quoting, sh, csh and fish
    // expand it.
    case .script: ["sh", "-s"]
    // dd reads no byte more. In this quoting, sh, csh and fish pass the words on unchanged.
    case .rootScript(let length): root + ["sh", "-c", "'eval \"$(dd bs=1 count=\(length) 2> /dev/null)\"'"]
    case .session: agent + (host.become == .sudo ? ["--connection", "\"$SSH_CONNECTION\""] : [])
    }
  }

  /// Each of these options overrides a user's configuration; see ssh_config(5). OpenSSH 8.7 is the first version with
  /// all of them.
  private static let options = [
    // No prompts: there is no terminal, and a run must not wait for input.
    "BatchMode=yes", "AddKeysToAgent=no", "UpdateHostKeys=no",
    // A separate connection. A shared one that a fault has cut off would be reused until ssh detects the loss.
    "ControlMaster=no", "ControlPath=none", "ControlPersist=no",
    // stdin and stdout carry the agent's lines. Nothing else is started on either side.
    "RemoteCommand=none", "SessionType=default", "StdinNull=no", "ForkAfterAuthentication=no",
    "PermitLocalCommand=no",
    // No forwarding, which could fail, or remain after a cut.
    "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "Tunnel=no",
    // The runner itself detects a silent path in 4 s. ssh must not end during a cut, since lines that the host has sent
    // still arrive, and it must not stay forever. 10 min is the longest lease of the example policy.
    "ServerAliveInterval=30", "ServerAliveCountMax=20",
    // No retries, since the runner itself retries.
    "ConnectionAttempts=1",
    // Errors without banners.
    "LogLevel=ERROR",
  ]

  /// The user's environment without Murphy's own variables. ssh's configuration may use the environment.
  static var environment: [String: String] {
    ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MURPHY_") }
  }
}
