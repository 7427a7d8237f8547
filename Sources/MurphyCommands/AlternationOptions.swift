import ArgumentParser
import Conductor
import Faults
import Files
import Journal
import Linux
import Runner
import Scenario

/// The options of a run or plan in which two settings take turns.
struct AlternationOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Two settings that take turns, in blocks of four trials.",
      discussion: """
        With --factor fleet, two fleet files. With --a-setup and --b-setup, the values that the fingerprint's key \
        --factor has after each command. Otherwise two values of the scenario's parameter --factor, as cut.mode.
        """, valueName: "A B"))
  var ab: [String] = []
  @Option(help: "What differs between the settings of --ab.") var factor: String?
  @Option(
    help: "The command that switches the platform to A; it is run before each trial of A and after the run.")
  var aSetup: String?
  @Option(help: "The command that switches the platform to B.") var bSetup: String?
  @Option(help: "The number of blocks of --ab.") var blocks: Int?

  static let standardBlocks = 5

  var isUsed: Bool { !ab.isEmpty }
  /// The kind of the alternation.
  private var kind: Alternation.Kind { aSetup != nil ? .setup : factor == "fleet" ? .fleet : .parameter }

  func validate() throws {
    if ab.isEmpty {
      if factor != nil || aSetup != nil || bSetup != nil || blocks != nil {
        throw ValidationError("--factor, --a-setup, --b-setup and --blocks need --ab")
      }
      return
    }
    guard ab.count == 2, ab[0] != ab[1] else {
      throw ValidationError("--ab takes two different settings: --ab A B")
    }
    if (aSetup == nil) != (bSetup == nil) { throw ValidationError("--a-setup and --b-setup need each other") }
    if factor == nil {
      throw ValidationError("--ab needs --factor: what differs between \(ab[0]) and \(ab[1])")
    }
    if let blocks, !(1...TrialCount.allowed.upperBound / Alternation.blockLength).contains(blocks) {
      throw ValidationError(
        "--blocks is from 1 to \(TrialCount.allowed.upperBound / Alternation.blockLength)")
    }
  }

  private static func fleet(at path: String) throws -> Fleet {
    do throws(FileRefused) {
      return try FleetOption.read(path: path)
    } catch {
      throw Stop(.badInput, error.description)
    }
  }

  /// The fleet and the scenario of the first setting, and the alternation; nil without `--ab`.
  func read(
    _ fleet: FleetOption, scenario path: String, seed: UInt64
  ) throws -> (fleet: Fleet, scenario: Scenario, alternation: Alternation)? {
    guard isUsed, let factor else { return nil }
    if kind == .fleet, fleet.fleet != nil {
      throw Stop(.badInput, "--factor fleet and --fleet exclude each other")
    }
    let fleets = try kind == .fleet ? ab.map { try Self.fleet(at: $0) } : [try fleet.read()]
    if fleets.count == 2, fleets[0].netns != fleets[1].netns {
      throw Stop(
        .badInput,
        "--factor fleet: \(ab[0]) and \(ab[1]) have different values of netns, but Murphy and its probes run in one "
          + "network namespace: give both fleets the same one")
    }
    var scenarios = try (0...1).map { index in
      try readScenario(
        path, for: fleets[fleets.count == 1 ? 0 : index],
        with: kind == .parameter ? (key: factor, value: ab[index]) : nil)
    }
    let order = TrialDraws(seed: seed).sides(blocks: blocks ?? Self.standardBlocks)
    for index in scenarios.indices { scenarios[index].trials = order.count }
    var settings = zip(ab, [aSetup, bSetup]).map { Alternation.Setting(label: $0, setup: $1) }
    for index in settings.indices {
      let own = fleets[fleets.count == 1 ? 0 : index]
      if kind != .setup { settings[index].digests = try Digests.of(scenarios[index], own) }
      if kind == .parameter { settings[index].scenario = scenarios[index] }
      if kind == .fleet { settings[index].fleet = own }
    }
    return (
      fleets[0], scenarios[0],
      Alternation(factor: factor, kind: kind, a: settings[0], b: settings[1], order: order)
    )
  }
}
