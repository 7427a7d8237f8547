import Faults
import Agent
import AgentProtocol
import ArgumentParser
import Conductor
import Evidence
import FoundationEssentials
import Glibc
import Journal
import Linux
import Metrics
import Reports
import Runner
import Scenario

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a scenario against a fleet, and writes the report.")

  @OptionGroup var fleet: FleetOption
  @Argument(help: "The scenario file.") var scenario: String
  @Option(help: "The number of trials, instead of the scenario's.") var trials: Int?
  @Option(
    help: "The seed of the choices that the scenario leaves open; the same seed gives the same choices.")
  var seed: UInt64?
  @Option(help: "The folder for the run's folder.") var out: String = "reports"

  func validate() throws {
    if let trials, !(1...1000).contains(trials) { throw ValidationError("--trials is from 1 to 1000") }
  }

  func run() throws {
    let fleet = try fleet.read()
    var scenario = try readScenario(scenario, for: fleet)
    if let trials { scenario.trials = trials }
    try enterControllerNamespace(of: fleet)
    let wall = Clock.realtime.now
    let folder = try makeFolder(scenario, wall)
    let seed = seed ?? drawSeed()
    let display = Display(scenario: scenario, fleet: fleet, seed: seed, path: folder.path)
    let run = try Run(
      scenario: scenario, fleet: fleet, catalogue: Catalogue.builtIn, seed: seed, folder: folder,
      observe: { display.show($0) })
    _ = try run.perform(
      versions: ["murphy": Greeting.current.version, "metrics": RunMetrics.version, "kernel": Self.kernel],
      wall: Self.timestamp(wall))
    display.end()
    try finish(run, folder)
  }

  private func makeFolder(_ scenario: Scenario, _ wall: Int64) throws -> RunFolder {
    do throws(SystemError) {
      return try RunFolder(below: out, scenario: scenario.name, wall: wall)
    } catch {
      throw Stop(
        .refused,
        "the run's folder can't be created, and nothing was done: \(error); choose another with --out")
    }
  }

  /// Writes the exit code and the report, prints the result, and ends with that code. All of them follow from the
  /// journal's verdict.
  private func finish(_ run: Run, _ folder: RunFolder) throws {
    let code = try RunMetrics(entries: folder.files.entries(), samples: folder.files).verdict.exitCode
    try run.write(.runEnded(exitCode: code))
    let report = try Report(entries: folder.files.entries(), samples: folder.files)
    try ReportFolder.write(report, to: folder.path)
    try EvidenceFolder(path: folder.path).recordManifest()
    for line in report.terminalLines { printToStandardError(line) }
    printToStandardError("the report: \(folder.path)/report.html")
    print(folder.path)
    if code != 0 { throw Stop(Stop.Code(rawValue: code) ?? .missed) }
  }

  private static var kernel: String {
    var system = utsname()
    uname(&system)
    return withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func timestamp(_ wall: Int64) -> String {
    Date(timeIntervalSince1970: Double(wall / 1_000_000_000)).formatted(.iso8601)
  }
}
