import ArgumentParser

/// `murphy-bench`: the measurements of `make bench`.
@main
struct MurphyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-bench", abstract: "Measures Murphy on this machine, in temporary namespaces.",
    discussion:
      "Exit codes: 0 measured; 1 a limit was not kept, or it could not be measured; 64 wrong arguments.",
    subcommands: [
      FaultBench.self, ProberBench.self, OutageBench.self, ReportBench.self, HistoryBench.self,
      StatisticsBench.self, FanOutBench.self,
      PeakCommand.self,
    ],
    defaultSubcommand: FaultBench.self)
}
