import ArgumentParser

@main
struct MurphyTorture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-torture",
    abstract: "Kills Murphy at every moment, and looks at what is left behind.",
    subcommands: [LabTorture.self])
}
