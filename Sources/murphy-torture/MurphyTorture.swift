import ArgumentParser

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
}
