import Agent
import AgentProtocol
import ArgumentParser
import Conductor
import Evidence
import Faults
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
    commandName: "run", abstract: "Runs a scenario against a fleet, and writes the report.",
    discussion: """
      With --ab, two settings take turns in one run, and murphy compare RUN compares them. The environment of \
      --a-setup and --b-setup has the setting as MURPHY_SETTING. A setup that fails, or whose effect the hosts' \
      fingerprints don't show, ends the run.
      """)

  @OptionGroup var fleet: FleetOption
  @Argument(help: "The scenario file.") var scenario: String?
  @Option(help: "The number of trials, instead of the scenario's.") var trials: Int?
  @OptionGroup var alternation: AlternationOptions
  @Option(
    help: "The seed of the choices that the scenario leaves open; the same seed gives the same choices.")
  var seed: UInt64?
  @Option(help: "The folder for the run's folder.") var out: String = "reports"
  @Option(
    help: ArgumentHelp(
      "Continues a run whose controller has ended too early: recovers the hosts, then makes the trials that are left.",
      valueName: "run"))
  var resume: String?

  func validate() throws {
    try refuseEmpty(["<scenario>": scenario, "--out": out, "--resume": resume])
    try TrialCount.validate(trials)
    if trials != nil, alternation.isUsed { throw ValidationError("--ab takes --blocks instead of --trials") }
    if resume == nil, scenario == nil {
      throw ValidationError("name a scenario file, or a run's folder with --resume")
    }
    if resume != nil,
      scenario != nil || trials != nil || seed != nil || alternation.isUsed || fleet.fleet != nil
    {
      throw ValidationError("--resume takes everything else from the run's journal")
    }
  }

  func run() throws {
    if let resume { return try self.resume(resume) }
    let seed = seed ?? drawSeed()
    let (fleet, scenario, alternation) = try read(seed)
    try enterControllerNamespace(of: fleet)
    let wall = Clock.realtime.now
    let folder = try makeFolder(scenario, wall)
    let began = RunBegan(
      run: folder.name, wall: Self.timestamp(wall), seed: seed, scenario: scenario, fleet: fleet,
      digests: try Digests.of(scenario, fleet), versions: Self.versions, alternation: alternation)
    try perform(began, folder)
  }

  private func read(_ seed: UInt64) throws -> (Fleet, Scenario, Alternation?) {
    guard let path = scenario else { throw Stop(.badInput, "no scenario file") }
    if let (fleet, scenario, alternation) = try alternation.read(fleet, scenario: path, seed: seed) {
      return (fleet, scenario, alternation)
    }
    let fleet = try fleet.read()
    var scenario = try readScenario(path, for: fleet)
    if let trials { scenario.trials = trials }
    return (fleet, scenario, nil)
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

  private func resume(_ path: String) throws {
    let files = try RunFiles(named: path)
    var continuation: RunContinuation
    do {
      continuation = try RunContinuation(files.entries())
    } catch {
      throw Stop.unreadable(path, error)
    }
    let began = continuation.began
    try enterControllerNamespace(of: began.fleet)
    let folder: RunFolder
    do {
      folder = try RunFolder(resuming: path, run: began.run)
    } catch {
      throw Stop(.refused, "\(error)")
    }
    var recovered: [String] = []
    let fleets = [began.alternation?.a.fleet, began.alternation?.b.fleet].compactMap { $0 }
    for fleet in fleets.isEmpty ? [began.fleet] : fleets {
      let recovery = try FleetRecovery.perform(fleet) { printToStandardError($0) }
      try recovery.check()
      recovered += recovery.report
    }
    let wall = Clock.realtime.now
    continuation.resume(
      wall: (Self.timestamp(wall), wall), recovered: recovered, versions: Self.versions)
    try perform(began, folder, continuing: continuation)
  }

  private func perform(
    _ began: RunBegan, _ folder: RunFolder, continuing continuation: RunContinuation? = nil
  ) throws {
    let display = Display(scenario: began.scenario, fleet: began.fleet, seed: began.seed, path: folder.path)
    let run: Run
    do {
      // Also after an error: the live view hides the terminal's cursor.
      defer { display.end() }
      run = try Run(
        began, catalogue: Catalogue.builtIn, folder: folder, continuing: continuation,
        observe: { display.show($0) })
      _ = try run.perform()
    } catch let error as SystemError {
      throw Stop(
        .faultsActive,
        "\(error): the run ended in the middle, and its agents revert their faults; murphy recover "
          + "--fleet \(fleet.fleet ?? "FILE") makes sure of that")
    }
    try finish(run, folder)
  }

  /// Writes the exit code and the report, prints the result, and ends with that code. All of them follow from the
  /// journal's verdict.
  private func finish(_ run: Run, _ folder: RunFolder) throws {
    let code = try RunMetrics(entries: folder.files.entries(), samples: folder.files).verdict.exitCode
    let report: Report
    do {
      try run.write(.runEnded(exitCode: code))
      report = try Report(entries: folder.files.entries(), samples: folder.files)
      try ReportFolder.write(report, to: folder.path)
      try EvidenceFolder(path: folder.path).recordManifest()
    } catch {
      throw Stop(
        Stop.Code(rawValue: max(code, Stop.Code.missed.rawValue)) ?? .missed,
        "\(folder.path): the run has ended, and its record is not complete: \(error)")
    }
    for line in report.terminalLines { printToStandardError(line) }
    printToStandardError("the report: \(folder.path)/report.html")
    print(folder.path)
    if code != 0 { throw Stop(Stop.Code(rawValue: code) ?? .missed) }
  }

  private static var versions: [String: String] {
    ["murphy": Greeting.current.version, "metrics": RunMetrics.version, "kernel": kernel]
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
