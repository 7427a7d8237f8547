import Linux
import Subprocess

extension Lab {
  /// Argv that runs in all namespaces of the lab's outer tree.
  func inPlatform(_ record: LabRecord, _ argv: [String]) -> [String] {
    ["nsenter", "--target", "\(record.platform.pid)", "--net", "--mount", "--pid", "--uts", "--ipc", "--"]
      + argv
  }

  /// Argv that runs as the machine, with the lab's outer network alone.
  func onPlatformNetwork(_ record: LabRecord, _ argv: [String]) -> [String] {
    ["nsenter", "--target", "\(record.platform.pid)", "--net", "--"] + argv
  }

  /// Argv that runs in all namespaces of a host, in its root.
  func inHost(_ identity: ProcessIdentity, _ argv: [String]) -> [String] {
    ["nsenter", "--target", "\(identity.pid)", "--net", "--mount", "--pid", "--uts", "--ipc", "--"] + argv
  }

  /// Runs `argv` in a host with this process's stdin, stdout and stderr, and waits for its end.
  ///
  /// - Returns: its exit code; 128 and the signal's number if a signal ended it, as in a shell.
  package func exec(host name: String, argv: [String]) async throws(LabError) -> Int32 {
    let host = try spec.host(named: name)
    _ = try aliveRecord()
    guard let identity = running(host) else { throw .hostOff(name) }
    let command = inHost(identity, argv)
    do {
      let result = try await Subprocess.run(
        .name(command[0]), arguments: Arguments(Array(command.dropFirst())), environment: Command.environment,
        input: .currentStandardInput, output: .currentStandardOutput, error: .currentStandardError)
      switch result.terminationStatus {
      case .exited(let code): return code
      case .signaled(let signal): return 128 + signal
      }
    } catch {
      throw .command(argv.joined(separator: " "), status: "could not be run on \(name)", output: "\(error)")
    }
  }
}
