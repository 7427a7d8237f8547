import ArgumentParser

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Reverts every fault that still has a lease, on every host of the fleet.",
    discussion: "murphy-agent recover does the same for the host that it runs on; run it at each boot.")

  @OptionGroup var fleet: FleetOption

  func run() throws {
    let fleet = try fleet.read()
    try enterControllerNamespace(of: fleet)
    try FleetRecovery.perform(fleet) { print($0) }.check()
    print("no fault is active on the fleet's hosts")
  }
}
