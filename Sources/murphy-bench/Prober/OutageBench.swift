import ArgumentParser
import FoundationEssentials
import Glibc
import Journal
import Linux
import Metrics
import Probes
import Scenario
import Synchronization

/// `murphy-bench outages`: cuts a service's link for known times, and compares them with what probes report.
struct OutageBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outages",
    abstract: "Compares outages of known lengths with what probes of several intervals report.",
    discussion: """
      The length of each outage must lie within the reported bounds, and no outage may be reported that did not happen: \
      else it exits with 1. It needs root, nginx and openssl. It doesn't change the machine: everything runs in temporary \
      namespaces.
      """)

  @Option(help: "The number of outages.")
  var count = 100

  @Option(help: "The shortest outage, in milliseconds.")
  var shortest = 20

  @Option(help: "The longest outage, in milliseconds. Lengths are spread evenly over their logarithms.")
  var longest = 5000

  @Option(help: "The number of busy processes that run during the measurement, each on one processor.")
  var busy = 0

  @Option(help: "The seed of the outages' lengths.")
  var seed: UInt64 = 1

  @Flag(help: "Prints JSON, times in nanoseconds.")
  var json = false

  @Flag(help: .hidden)
  var inside = false

  func validate() throws {
    if count < 1 || shortest < 1 || longest < shortest || busy < 0 {
      throw ValidationError(
        "give --count 1 or more, --shortest 1 or more, --longest not below --shortest, and --busy 0 or more")
    }
  }

  func run() throws {
    guard inside else {
      try requireRoot()
      var arguments = ["outages", "--inside", "--count", "\(count)", "--shortest", "\(shortest)"]
      arguments += ["--longest", "\(longest)", "--busy", "\(busy)", "--seed", "\(seed)"]
      if json { arguments.append("--json") }
      try restartInNamespaces(arguments)
    }
    endOnSignals()
    let network = try ServedNetwork()
    let judgement = try compare(network)
    print(json ? try judgement.json() : judgement.text)
    if !judgement.isTrue { throw ExitCode.failure }
  }

  private static let intervals: [Int64] = [10, 20, 50, 100, 200]
  private static let timeout = Nanoseconds.milliseconds(250)
  /// The time between two outages, in which every probe gets answers.
  private static let pause: Int64 = 1_000_000_000

  private func compare(_ network: ServedNetwork) throws -> OutageJudgement {
    let probes = Self.intervals.flatMap { interval -> [Fleet.Probe] in
      let every = Nanoseconds.milliseconds(interval)
      return [
        .init(
          name: "tcp \(interval) ms", kind: .tcp, target: "tcp://\(ServedNetwork.address):80", every: every,
          timeout: Self.timeout),
        .init(
          name: "http \(interval) ms", kind: .http, target: "http://\(ServedNetwork.address)/", every: every,
          timeout: Self.timeout),
      ]
    }
    let load = try BusyProcesses(busy)
    defer { load.stop() }
    let found = Mutex<[String: [Sample]]>([:])
    let prober = try Prober(probes, trial: 1, origin: 0) { sample in
      found.withLock { $0[sample.probe, default: []].append(sample) }
    }
    var random = SeededRandom(seed: seed)
    var outages: [TrueOutage] = []
    Self.sleep(Self.pause)
    for number in 1...count {
      let logarithm = Double.random(in: log(Double(shortest))...log(Double(longest)), using: &random)
      let began = Clock.monotonic.now
      try network.cut()
      let isCut = Clock.monotonic.now
      Self.sleep(Int64(exp(logarithm) * 1_000_000))
      let ends = Clock.monotonic.now
      try network.restore()
      outages.append(TrueOutage(began: began...isCut, ended: ends...Clock.monotonic.now))
      Self.sleep(Self.pause + Int64.random(in: 0...200_000_000, using: &random))
      if number == count || number % max(1, count / 10) == 0 {
        printToStandardError("outages: \(number) of \(count)")
      }
    }
    prober.stop()
    let samples = found.withLock { $0 }
    return OutageJudgement(
      probes.map { probe in
        let own = (samples[probe.name] ?? []).sorted { $0.sequence < $1.sequence }
        return .init(probe, samples: own, against: outages)
      })
  }

  private static func sleep(_ nanoseconds: Int64) { usleep(UInt32(nanoseconds / 1000)) }
}

/// SplitMix64, so that the same seed gives the same outages.
private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
