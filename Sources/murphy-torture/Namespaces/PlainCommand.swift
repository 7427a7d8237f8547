import ArgumentParser
import Faults
import Glibc
import Linux
import Scenario

/// The whole matrix of cases in plain namespaces, by workers with a host each.
struct PlainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plain",
    abstract:
      "Every fault, victim, strike and moment, in temporary namespaces; prints a JSON line per case.")

  @Option(help: "The seed of the order, and of the system call within each moment.") var seed: UInt64 = 1
  @Option(help: "The number of runs of the whole matrix.") var rounds = 1
  @Option(help: "Only the cases of this fault.") var fault: String?
  @Option(help: "Limits the number of cases.") var cases: Int?
  @Option(name: .customLong("case"), help: "Only the case with this number.") var only: Int?
  @Option(help: "With --case: the system call of its moment, counted from 0.") var skip: Int?
  @Option(help: "The number of hosts that are tortured at once.") var workers = 2
  @Option(help: "The time between two observations of a fault, in microseconds.") var every: UInt32 = 300

  func validate() throws {
    if rounds < 1 || workers < 1 || cases ?? 1 < 1 {
      throw ValidationError("--rounds, --workers and --cases: give 1 or more")
    }
    if skip ?? 0 < 0 { throw ValidationError("--skip: give 0 or more") }
    if skip != nil, only == nil { throw ValidationError("--skip needs --case") }
    if chosen.isEmpty {
      throw ValidationError("--fault, --cases and --case leave no case: murphy faults lists the faults")
    }
  }

  private var chosen: [TortureCase] {
    TortureCase.chosen(rounds: rounds, seed: seed, fault: fault, cases: cases, only: only)
  }

  func run() throws {
    try Isolation.checkRoot()
    var children: [ChildProcess] = []
    for worker in 0..<workers {
      var arguments = [
        "worker", "--seed", "\(seed)", "--rounds", "\(rounds)", "--worker", "\(worker)", "--workers",
        "\(workers)", "--every", "\(every)",
      ]
      if let fault { arguments += ["--fault", fault] }
      if let cases { arguments += ["--cases", "\(cases)"] }
      if let only { arguments += ["--case", "\(only)"] }
      if let skip { arguments += ["--skip", "\(skip)"] }
      children.append(try Isolation.start(arguments))
    }
    var worst: Int32 = 0
    for child in children { worst = max(worst, try child.wait()?.code ?? 70) }
    if worst != 0 { throw ExitCode(worst) }
  }
}

extension TortureCase {
  /// The cases of the matrix that the options leave.
  fileprivate static func chosen(
    rounds: Int, seed: UInt64, fault: String?, cases: Int?, only: Int?
  ) -> [TortureCase] {
    var chosen = matrix(rounds: rounds, seed: seed)
    if let fault { chosen = chosen.filter { $0.subject.fault.name == fault } }
    if let cases { chosen = Array(chosen.prefix(cases)) }
    if let only { chosen = chosen.filter { $0.number == only } }
    return chosen
  }
}

struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Of plain: tries its part of the cases on one host.",
    shouldDisplay: false)

  @Option var seed: UInt64
  @Option var rounds: Int
  @Option var fault: String?
  @Option var cases: Int?
  @Option(name: .customLong("case")) var only: Int?
  @Option var skip: Int?
  @Option var worker: Int
  @Option var workers: Int
  @Option var every: UInt32

  func run() throws {
    signal(SIGPIPE, SIG_IGN)
    let mine = TortureCase.chosen(rounds: rounds, seed: seed, fault: fault, cases: cases, only: only)
      .enumerated().filter { $0.offset % workers == worker }.map(\.element)
    if mine.isEmpty { return }
    let host = try TorturedHost()
    let lengths = StretchLengths()
    var isClean = true
    for (index, torture) in mine.enumerated() {
      var outcome: Outcome
      let run: CaseRun
      do {
        run = try CaseRun(torture, on: host, lengths: lengths, skip: skip, every: every)
        outcome = try run.perform()
      } catch {
        throw TortureFailed("case \(torture.number), \(torture.subject): \(error)")
      }
      outcome.again =
        "murphy-torture plain --seed \(seed) --rounds \(rounds) --case \(torture.number)"
        + (run.skip.map { " --skip \($0)" } ?? "")
      try printNow(try outcome.line)
      if !outcome.residue.isEmpty {
        isClean = false
        printToStandardError(
          "RESIDUE of case \(torture.number) (\(outcome.fault), \(outcome.who): \(outcome.how) \(outcome.moment)): \(outcome.residue)"
        )
      }
      if (index + 1) % 20 == 0 { printToStandardError("host \(worker + 1): \(index + 1) of \(mine.count)") }
    }
    if !isClean { throw ExitCode(1) }
  }
}
