import ArgumentParser
import FoundationEssentials
import Glibc
import Linux
import Scenario

/// Measures `murphy history` on many runs: the first time, when it makes the index, and afterwards.
struct HistoryBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Measures 'murphy history' on thousands of runs, with and without an index.")

  @Option(help: "The number of runs.") var runs = 10_000
  @Option(help: "The number of scenarios.") var scenarios = 20
  @Option(help: "Writes the runs into this folder, and keeps them.") var folder: String?

  func validate() throws {
    if runs < 1 || scenarios < 1 { throw ValidationError("--runs and --scenarios: give 1 or more") }
  }

  func run() throws {
    let kept = folder
    let folder = kept ?? "\(FileManager.default.temporaryDirectory.path)/murphy-bench-\(getpid())"
    defer { if kept == nil { try? FileManager.default.removeItem(atPath: folder) } }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Self.write(runs, of: scenarios, to: folder)
    let program = try programPath()
    let murphy = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)]) + "/murphy"
    let commands: [(String, [String])] = [
      ("first, makes the index", []), ("all scenarios", []), ("one scenario", ["scenario-1"]),
      ("check", ["--check"]),
      ("all pages", ["--out", "\(folder)/.pages"]),
    ]
    for (name, arguments) in commands {
      let begin = Clock.monotonic.now
      let outcome = try ChildProcess.run(
        [murphy, "history", "--reports", folder, "--period", "3660"] + arguments, within: .seconds(3600))
      let milliseconds = (Clock.monotonic.now - begin) / 1_000_000
      guard [0, 1].contains(outcome.end.code) else {
        printToStandardError(outcome.errorText)
        throw ExitCode.failure
      }
      print("\(runs) runs, \(name): \(milliseconds) ms")
    }
  }

  /// Runs of a day each, with a new kernel every 90 runs of a scenario, a rise in one scenario, and outages that vary by
  /// some per cent.
  static func write(_ count: Int, of scenarios: Int, to folder: String) throws {
    var generator = SeededGenerator(seed: 20_261_127)
    let calendar = Date(timeIntervalSince1970: 1_700_000_000)
    for number in 0..<count {
      let (scenario, turn) = (number % scenarios, number / scenarios)
      let wall = calendar.addingTimeInterval(Double(turn) * 86_400 + Double(scenario) * 600)
      var run = LongRun(trials: 1, samples: 800)
      run.probes = ["website"]
      run.scenario = "scenario-\(scenario + 1)"
      run.wall = wall.formatted(.iso8601)
      run.name = "\(run.wall.prefix(10))-\(run.scenario)-\(number)"
      run.limit = .seconds(35)
      run.fingerprint = ["kernel": "6.\(turn / 90 + 1)"]
      let noise = Int64.random(in: -12...12, using: &generator)
      run.failed = 250 + noise + (scenario == 1 ? Int64(turn % 90) : 0) + (turn / 90 % 2 == 1 ? 40 : 0)
      let path = "\(folder)/\(run.name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      _ = try run.write(to: path)
    }
  }
}
