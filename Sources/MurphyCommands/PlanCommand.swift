import Agent
import AgentProtocol
import ArgumentParser
import Conductor
import Faults
import FoundationEssentials
import Journal
import Linux
import Runner
import Scenario

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract:
      "Shows what a run would do on each host, what it cuts, and how and when it is reverted; changes nothing."
  )

  @OptionGroup var fleet: FleetOption
  @Argument(help: "The scenario file.") var scenario: String
  @Option(help: "The seed of the choices that the scenario leaves open, as in murphy run. Default: random.")
  var seed: UInt64?
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let fleet = try fleet.read()
    let scenario = try readScenario(scenario, for: fleet)
    try enterControllerNamespace(of: fleet)
    let survey = try Preflight(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, seed: seed ?? drawSeed()
    ).perform()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(survey), as: UTF8.self))
    } else {
      print(survey.description)
    }
    if !survey.refusals.isEmpty { throw Stop(.refused) }
  }
}
