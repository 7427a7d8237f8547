import Linux

extension Lab {
  /// A command line that runs in all namespaces of the lab's outer process tree.
  func inPlatform(_ record: LabRecord, _ argv: [String]) -> [String] {
    NamespaceEntry.command(argv, of: record.platform.pid)
  }

  /// A command line that runs on the machine, in the lab's outer network namespace only.
  func onPlatformNetwork(_ record: LabRecord, _ argv: [String]) -> [String] {
    NamespaceEntry.command(argv, in: [.net], of: record.platform.pid)
  }

  /// A command line that runs in all namespaces of a host, in its root.
  func inHost(_ identity: ProcessIdentity, _ argv: [String]) -> [String] {
    NamespaceEntry.command(argv, of: identity.pid)
  }

  /// Runs `argv` in a host with this process's stdin, stdout and stderr, and waits for its end.
  ///
  /// - Returns: its exit code; 128 plus the signal's number if a signal ended it, as in a shell.
  package func exec(host name: String, argv: [String]) async throws(LabError) -> Int32 {
    let host = try spec.host(named: name)
    _ = try aliveRecord()
    guard let identity = running(host) else { throw .hostOff(name) }
    do throws(SystemError) {
      // `callers`: it shares this process's terminal.
      let child = try ChildProcess(
        inHost(identity, argv), environment: Command.environment, session: .callers, input: .inherited,
        output: .inherited, errors: .inherited)
      return try await child.ended().shellCode
    } catch {
      throw .command(argv.joined(separator: " "), status: "could not be run on \(name)", output: "\(error)")
    }
  }
}
