import ArgumentParser
import Linux

/// `murphy-torture`: kills, stops and cuts off Murphy's processes, and records the results.
@main
struct MurphyTorture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-torture",
    abstract:
      "Kills, stops and cuts off Murphy's processes while faults are active, and checks for residue.",
    discussion: """
      It needs root. It doesn't change the machine: everything runs in temporary namespaces, or in a lab. \
      Exit codes: 0 no residue; 1 residue; 3 not root; 64 wrong arguments; 70 the harness itself failed.
      """,
    subcommands: [
      PlainCommand.self, LabTorture.self, ObserveCommand.self, WorkerCommand.self, TraceCommand.self,
      TableCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // An error that is neither the parser's nor a verdict proves nothing about Murphy.
      if !(error is ExitCode), exitCode(for: error) == .failure {
        printToStandardError("murphy-torture: \(error)")
        exit(withError: ExitCode(70))
      }
      exit(withError: error)
    }
  }
}
