import ArgumentParser
import FoundationEssentials
import Glibc
import Journal
import Linux
import Probes
import Scenario
import Synchronization

/// `murphy-bench prober`: measures the maximum load of the prober on one processor, and its reports about a healthy
/// service beyond this load.
struct ProberBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prober",
    abstract:
      "Measures the maximum load of the prober, and of prometheus-blackbox-exporter if it is installed.",
    discussion: """
      The service is well all the time: it exits with 1 if a sample of Murphy's fails. The prober and the exporter have the \
      first processor, nginx the second. It needs root, nginx and openssl. It doesn't change the machine: everything runs in temporary namespaces.
      """)

  @Option(help: "The kinds of requests: tcp, http, https.")
  var kinds = "tcp,http,https"

  @Option(help: "The number of probes.")
  var probes = 1000

  @Option(help: "The interval of each, in milliseconds.")
  var every = 100

  @Option(help: "The time for which each kind is measured, in seconds.")
  var seconds = 10

  @Option(help: "The number of processes that load one processor each meanwhile.")
  var busy = 0

  @Option(help: "The number of probes of prometheus-blackbox-exporter, whose maximum is lower.")
  var beside = 25

  @Flag(help: "Leave prometheus-blackbox-exporter out.")
  var alone = false

  @Flag(help: "Print JSON, times in nanoseconds.")
  var json = false

  @Flag(help: .hidden)
  var inside = false

  func run() throws {
    guard inside else {
      try requireRoot()
      var arguments = [
        "prober", "--inside", "--kinds", kinds, "--probes", "\(probes)", "--every", "\(every)",
      ]
      arguments += ["--seconds", "\(seconds)", "--busy", "\(busy)", "--beside", "\(beside)"]
      if alone { arguments.append("--alone") }
      if json { arguments.append("--json") }
      try restartInNamespaces(arguments, processor: 0)
    }
    endOnSignals()
    let network = try ServedNetwork(processor: 1)
    let load = try BusyProcesses(busy)
    var lines: [ProberLine] = []
    for kind in kinds.split(separator: ",").map(String.init) {
      lines.append(try measure(kind))
      if !alone, let other = try Blackbox.measure(kind, probes: beside, every: every, seconds: seconds) {
        lines.append(other)
      }
    }
    load.stop()
    withExtendedLifetime(network) {}
    print(json ? try ProberLine.json(lines) : ProberLine.text(lines))
    if lines.contains(where: { $0.kind.hasPrefix("murphy") && $0.failed > 0 }) { throw ExitCode.failure }
  }

  private func measure(_ kind: String) throws -> ProberLine {
    let given = (0..<probes).map { number in
      var probe = Self.probe(kind, number)
      probe.name = "p\(number)"
      probe.every = .milliseconds(Int64(every))
      return probe
    }
    let found = Mutex(ProberLine(kind: "murphy \(kind)"))
    let before = Self.processorTime()
    let prober = try Prober(given, trial: 1, origin: 0) { sample in found.withLock { $0.take(sample) } }
    sleep(UInt32(seconds))
    prober.stop()
    var line = found.withLock { $0 }
    line.processorTime = Self.processorTime() - before
    return line
  }

  /// One of the probes of the service.
  static func probe(_ kind: String, _ number: Int) -> Fleet.Probe {
    let ports = ServedNetwork.ports(kind)
    let place = "\(ServedNetwork.address):\(ports.lowerBound + number % ports.count)"
    switch kind {
    case "tcp": return .init(name: kind, kind: .tcp, target: "tcp://\(place)", timeout: .seconds(1))
    case "https":
      return .init(
        name: kind, kind: .http, target: "https://\(place)/", timeout: .seconds(1),
        options: ["ca": .string(ServedNetwork.certificate)])
    default: return .init(name: kind, kind: .http, target: "http://\(place)/", timeout: .seconds(1))
    }
  }

  /// The processor time of this process, in nanoseconds.
  private static func processorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// The results of one program.
struct ProberLine {
  var kind: String
  var answered = 0
  var failed = 0
  var unknown = 0
  /// The unknown samples by status.
  var reasons: [String: Int] = [:]
  /// Delays from the due time to the request, in nanoseconds.
  var slips: [Int64] = []
  var processorTime: Int64 = 0

  init(kind: String) { self.kind = kind }

  mutating func take(_ sample: Sample) {
    if sample.probe == Prober.controlName || sample.status == Sample.stopped { return }
    switch sample.verdict {
    case .ok: answered += 1
    case .fail: failed += 1
    case .unknown:
      unknown += 1
      reasons[sample.status, default: 0] += 1
    }
    if let sent = sample.sent { slips.append((sent - sample.scheduled).count) }
  }

  /// The number of answered requests per second of processor time.
  var rate: Int { processorTime == 0 ? 0 : Int(Double(answered) / Double(processorTime) * 1e9) }

  private var slipP99: Int64? {
    let sorted = slips.sorted()
    return sorted.isEmpty ? nil : sorted[(sorted.count * 99 + 99) / 100 - 1]
  }

  private struct Figures: Encodable {
    var kind: String
    var answered: Int
    var failed: Int
    var unknown: Int
    var unknownReasons: [String: Int]
    var slipP99: Int64?
    var slipMax: Int64?
    var processorTime: Int64
    var answeredPerProcessorSecond: Int
  }

  private var figures: Figures {
    Figures(
      kind: kind, answered: answered, failed: failed, unknown: unknown, unknownReasons: reasons,
      slipP99: slipP99, slipMax: slips.max(), processorTime: processorTime, answeredPerProcessorSecond: rate)
  }

  static func json(_ lines: [ProberLine]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(lines.map(\.figures)), as: UTF8.self)
  }

  static func text(_ lines: [ProberLine]) -> String {
    func milliseconds(_ time: Int64?) -> String {
      time.map { "\(Double(($0 + 5000) / 10000) / 100)" } ?? "–"
    }
    let heads = [
      "answered", "failed", "unknown", "slip p99 (ms)", "slip max (ms)", "answered/CPU s", "unknown as",
    ]
    return aligned(
      [["kind"] + heads]
        + lines.map(\.figures).map { line in
          [line.kind] + [line.answered, line.failed, line.unknown].map { "\($0)" }
            + [milliseconds(line.slipP99), milliseconds(line.slipMax), "\(line.answeredPerProcessorSecond)"]
            + [line.unknownReasons.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: ", ")]
        })
  }
}
