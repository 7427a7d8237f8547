import FoundationEssentials
import Scenario

/// How `murphy-agent` is started on a host: by ssh. The user's own configuration decides how the host is reached; what
/// the connection carries is decided here.
enum AgentCommand {
  /// What an agent is started for.
  enum Purpose: Sendable {
    /// It serves requests until its stdin ends.
    case session
    /// It does one thing, reports in JSON lines, and ends.
    case call(StaticString)
    /// None: a shell reads a script on stdin, for what must work on a host that has no agent yet.
    case script
  }

  /// The program and its arguments.
  ///
  /// A shell on the host reads the agent's arguments, so they are this program's own, and never anything that was read
  /// from a file or a command line.
  ///
  /// - Parameter connectTimeout: until the host has answered and agreed on keys, a way through jump hosts included; in
  ///   seconds.
  static func arguments(
    for host: Fleet.Host, configuration: String?, _ purpose: Purpose = .session, connectTimeout: Int
  ) -> [String] {
    ["ssh", "-T"] + options.flatMap { ["-o", $0] } + ["-o", "ConnectTimeout=\(connectTimeout)"]
      + (configuration.map { ["-F", $0] } ?? []) + ["--", host.ssh] + remoteCommand(for: host, purpose)
  }

  private static func remoteCommand(for host: Fleet.Host, _ purpose: Purpose) -> [String] {
    let agent = (host.become == .sudo ? ["sudo", "-n"] : []) + ["murphy-agent"]
    return switch purpose {
    case .call(let word): agent + ["\(word)", "--json"]
    // sudo drops SSH_CONNECTION, by which the agent knows the controller's path. Quoted so, sh, csh and fish expand it.
    case .script: ["sh", "-s"]
    case .session: agent + (host.become == .sudo ? ["--connection", "\"$SSH_CONNECTION\""] : [])
    }
  }

  /// Each overrides a user's configuration; ssh_config(5) describes them. OpenSSH 8.7 is the first that has them all.
  private static let options = [
    // Never asks: there is no terminal, and a run must not wait for a person.
    "BatchMode=yes", "AddKeysToAgent=no", "UpdateHostKeys=no",
    // A connection of its own. A shared one that a fault has cut off would be used again for as long as it takes to
    // notice.
    "ControlMaster=no", "ControlPath=none", "ControlPersist=no",
    // stdin and stdout carry the agent's lines, and nothing else starts on either side.
    "RemoteCommand=none", "SessionType=default", "StdinNull=no", "ForkAfterAuthentication=no",
    "PermitLocalCommand=no",
    // Nothing that may fail, or that a cut would leave behind.
    "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "Tunnel=no",
    // The runner finds a silent path in 4 s by itself; ssh must neither end during a cut, for what the host sent into it
    // still arrives, nor stay for ever. 10 min, as the longest lease of the example policy.
    "ServerAliveInterval=30", "ServerAliveCountMax=20",
    // The runner tries again itself.
    "ConnectionAttempts=1",
    // Errors, without banners.
    "LogLevel=ERROR",
  ]

  /// The user's environment, which ssh's configuration may use; without the marks that Murphy sets for itself.
  static var environment: [String: String] {
    ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MURPHY_") }
  }
}
