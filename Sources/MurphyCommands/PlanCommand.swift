import Agent
import AgentProtocol
import ArgumentParser
import Comparison
import Conductor
import Faults
import FoundationEssentials
import Journal
import Linux
import Reports
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
  @Option(help: "The number of trials, instead of the scenario's.") var trials: Int?
  @Option(help: "An earlier run of the scenario: its values show how large a difference the trials can show.")
  var earlier: String?
  @Flag(help: "Prints JSON.") var json = false

  func validate() throws { try TrialCount.validate(trials) }

  func run() throws {
    let fleet = try fleet.read()
    var scenario = try readScenario(scenario, for: fleet)
    if let trials { scenario.trials = trials }
    try enterControllerNamespace(of: fleet)
    let values = try earlier.map { try ComparedSide(folders: [$0]) }
    var survey = try Preflight(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, seed: seed ?? drawSeed()
    ).perform()
    let planned = PlannedComparison(separate: scenario.trials, scenario, earlier: values)
    survey.shows = PlannedWords(planned: planned).lines
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
