import Conductor
import Glibc
import Linux
import Scenario

/// A fixed script that a shell runs on hosts over ssh. It needs no agent there.
package struct HostScript: Sendable {
  /// Why a host has no output, for display.
  package struct Failure: Error, CustomStringConvertible {
    /// The failure, with ssh's own message.
    package var description: String
  }

  private let purpose: AgentCommand.Purpose
  private let input: [UInt8]
  private let patience: Nanoseconds

  /// A script for sh(1).
  ///
  /// - Parameter text: its parts, which are literals of this program, never text from a file or a command line.
  package init(_ text: [StaticString], patience: Nanoseconds) {
    purpose = .script
    input = Self.bytes(text)
    self.patience = patience
  }

  /// A script that root runs, with an input.
  package init(asRoot text: [StaticString], input: [UInt8], patience: Nanoseconds) {
    // Without this line in its output, sudo did not start the shell.
    let text = Array("echo '\(Self.began)'\n".utf8) + Self.bytes(text)
    purpose = .rootScript(length: text.count)
    self.input = text + input
    self.patience = patience
  }

  private static let began = "@murphy root"

  private static func bytes(_ text: [StaticString]) -> [UInt8] {
    Array(text.map { "\($0)" }.joined().utf8)
  }

  /// Runs the script on all hosts, some at a time. Returns each host's stdout, in the order of the hosts.
  package func run(on hosts: [Fleet.Host], configuration: String?) throws(SystemError) -> [Result<
    String, Failure
  >] {
    try onThreads(Admission.mostDials, named: "ask hosts", hosts) { output(of: $0, configuration) }
  }

  private func output(of host: Fleet.Host, _ configuration: String?) -> Result<String, Failure> {
    do throws(ProcessFailure) {
      let outcome = try ChildProcess.run(
        AgentCommand.arguments(for: host, configuration: configuration, purpose, connectTimeout: 10),
        environment: AgentCommand.environment, input: input, within: .nanoseconds(patience.count),
        outputLimit: 4 << 20)
      if outcome.end.isSuccess { return .success(outcome.outputText) }
      let end =
        if outcome.end.code == 255 {
          "no connection by ssh \(host.ssh); ssh -v \(host.ssh) shows each step"
        } else if isBySudo(host), !outcome.outputText.split(separator: "\n").contains(Self.began[...]) {
          "sudo didn't start sh there (\(outcome.end)). It needs, at least for now, in /etc/sudoers.d/murphy: "
            + "\(host.sudoersLine(for: "/usr/bin/sh, /bin/sh")), and no requiretty"
        } else {
          "sh ended there with \(outcome.end)"
        }
      return .failure(Self.failure(end, outcome.errors))
    } catch {
      switch error.reason {
      case .timeout: return .failure(Self.failure("no end within \(patience)", Array(error.errors.utf8)))
      default: return .failure(Failure(description: "\(error)"))
      }
    }
  }

  private func isBySudo(_ host: Fleet.Host) -> Bool {
    guard case .rootScript = purpose else { return false }
    return host.become == .sudo
  }

  private static func failure(_ end: String, _ errors: [UInt8]) -> Failure {
    let said = visibleLines(errors).suffix(5).joined(separator: "; ")
    return Failure(description: said.isEmpty ? end : "\(end); stderr: \(said)")
  }
}
