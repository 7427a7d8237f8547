import Faults
import ArgumentParser
import Glibc
import Linux
import Simulation

/// `murphy-simulate`: plays runs against a seeded adversary in virtual time until one breaks an invariant.
@main
struct MurphySimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "murphy-simulate",
    abstract: "Simulates runs with the real code of controller and agents against a seeded adversary.",
    discussion:
      "Changes nothing on the machine. Exit codes: 0 no invariant was broken; 1 one was broken; 64 wrong arguments."
  )

  @Option(help: "The number of runs.")
  var runs = 10_000

  @Option(name: .customLong("from"), help: "The first seed; the others follow it.")
  var first: UInt64 = 1

  @Option(help: "Ends after this many seconds or after --runs, whichever is first.")
  var seconds: Int?

  @Option(help: "Replays this run, and prints all its events.")
  var seed: UInt64?

  /// The seconds of thirty years.
  private static let longest = 1_000_000_000

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs: give 1 or more") }
    if first > UInt64.max - UInt64(runs) {
      throw ValidationError("--from: the last seed, --from and --runs together, is above \(UInt64.max)")
    }
    if let seconds, !(1...Self.longest).contains(seconds) {
      throw ValidationError("--seconds: give 1 to \(Self.longest)")
    }
  }

  func run() throws {
    if let seed { return try replay(seed) }
    let start = Clock.monotonic.now
    var total = Tally()
    for seed in first..<first + UInt64(runs) {
      if let seconds, Clock.monotonic.now - start > Int64(seconds) * 1_000_000_000 { break }
      let outcome = Simulation(seed: seed, catalogue: Catalogue.builtIn).run()
      total.add(outcome)
      if let breach = outcome.breach {
        print("seed \(seed), after \(total.runs) runs: \(breach)")
        print("replay it: swift run -c release murphy-simulate --seed \(seed)")
        throw ExitCode(1)
      }
    }
    print(total.text(took: Self.processorTime))
  }

  /// The processor time of this process, in nanoseconds. It depends less on other programs than the time on a clock.
  private static var processorTime: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private func replay(_ seed: UInt64) throws {
    let outcome = Simulation(seed: seed, catalogue: Catalogue.builtIn) { print($0) }.run()
    print("digest of the journal: \(try outcome.digest())")
    if let breach = outcome.breach {
      print("seed \(seed): \(breach)")
      throw ExitCode(1)
    }
  }
}
