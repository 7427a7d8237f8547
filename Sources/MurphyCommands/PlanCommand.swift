import ArgumentParser
import Comparison
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
  @OptionGroup var alternation: AlternationOptions
  @Option(help: "An earlier run of the scenario: its values show how large a difference the trials can show.")
  var earlier: String?
  @Flag(help: "Prints JSON.") var json = false

  func validate() throws {
    try refuseEmpty(["<scenario>": scenario, "--earlier": earlier])
    try TrialCount.validate(trials)
    if trials != nil, alternation.isUsed { throw ValidationError("--ab takes --blocks instead of --trials") }
  }

  func run() throws {
    let seed = seed ?? drawSeed()
    let alternation = try alternation.read(fleet, scenario: scenario, seed: seed)
    let fleet = try alternation?.fleet ?? fleet.read()
    var scenario = try alternation?.scenario ?? readScenario(scenario, for: fleet)
    if let trials { scenario.trials = trials }
    try enterControllerNamespace(of: fleet)
    let values = try earlier.map { try ComparedSide(folders: [$0]) }
    var survey = try Preflight(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, seed: seed,
      trialsPerTarget: alternation == nil ? 1 : Alternation.blockLength
    ).perform()
    if let alternation = alternation?.alternation, alternation.b.fleet != nil || alternation.b.scenario != nil
    {
      let other = try Preflight(
        scenario: alternation.b.scenario ?? scenario, fleet: alternation.b.fleet ?? fleet,
        catalogue: Catalogue.builtIn, seed: seed, trialsPerTarget: Alternation.blockLength
      ).perform()
      survey = PlanSheet(survey, other, order: alternation.order)
    }
    let planned =
      alternation == nil
      ? PlannedComparison(separate: scenario.trials, scenario, earlier: values)
      : PlannedComparison(blocks: scenario.trials / Alternation.blockLength, scenario, earlier: values)
    survey.shows = PlannedWords(planned: planned).lines
    if let alternation = alternation?.alternation { survey.shows = Self.lines(alternation) + survey.shows }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(survey), as: UTF8.self))
    } else {
      print(survey.description)
    }
    if !survey.refusals.isEmpty { throw Stop(.refused) }
  }

  /// The settings, with what is run for them, and the order of the trials.
  private static func lines(_ alternation: Alternation) -> [String] {
    let settings = Alternation.Side.allCases.map { side in
      let word = side.rawValue.uppercased()
      return "\(word): \(alternation.name(of: side))" + (alternation[side].setup.map { ", by \($0)" } ?? "")
    }
    let order = alternation.order.enumerated().map { index, side in
      (index > 0 && index % Alternation.blockLength == 0 ? " " : "") + side.rawValue.uppercased()
    }
    return settings + ["order: \(order.joined()), by the seed"]
  }
}
