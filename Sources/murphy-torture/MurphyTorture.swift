import ArgumentParser
import Linux

/// `murphy-torture`: does to Murphy what it must survive, and writes down what came of it.
@main
struct MurphyTorture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-torture",
    abstract:
      "Kills, stops and cuts off Murphy's processes while faults hold, and looks what is left behind.",
    discussion: """
      It needs root. Nothing of the machine is touched: all of it happens in namespaces of its own, or in a lab. \
      Exit codes: 0 nothing was left behind; 1 something was; 70 the harness itself failed.
      """,
    subcommands: [
      PlainCommand.self, LabTorture.self, WorkerCommand.self, TraceCommand.self, TableCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // What isn't the parser's, nor a verdict, says nothing of Murphy.
      if !(error is ExitCode), exitCode(for: error) == .failure {
        printToStandardError("murphy-torture: \(error)")
        exit(withError: ExitCode(70))
      }
      exit(withError: error)
    }
  }
}
