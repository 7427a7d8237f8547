import ArgumentParser

/// `murphy-bench`: the measurements of `make bench`.
@main
struct MurphyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-bench", abstract: "Measures Murphy on this machine, in temporary namespaces.",
    subcommands: [
      FaultBench.self, ProberBench.self, OutageBench.self, ReportBench.self, HistoryBench.self,
      StatisticsBench.self, FanOutBench.self,
      PeakCommand.self,
    ],
    defaultSubcommand: FaultBench.self)
}
