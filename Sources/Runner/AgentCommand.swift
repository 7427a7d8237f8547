import Glibc
import Scenario

/// How `murphy-agent` is started on a host: by ssh, as the user's own configuration has it.
enum AgentCommand {
  /// The program and its arguments.
  ///
  /// - Parameter words: the agent's arguments. A shell on the host reads them, so they are the program's own, and
  ///   never anything that was read from a file or a command line.
  static func arguments(for host: Fleet.Host, configuration: String?, _ words: [StaticString] = [])
    -> [String]
  {
    ["ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3"] + (configuration.map { ["-F", $0] } ?? [])
      + ["--", host.ssh, "murphy-agent"] + words.map { "\($0)" }
  }

  /// What ssh needs of this process's environment.
  static var environment: [String: String] {
    var environment: [String: String] = [:]
    for name in ["PATH", "HOME", "SSH_AUTH_SOCK", "USER"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}
