import ArgumentParser
import Glibc
import Scenario

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

      The comparison is at equal load, on the same targets, in turns. An hour at saturation, with both processors loaded: \
      murphy-bench prober --alone --kinds http --seconds 3600 --busy 2
      """)

  @Option(help: "The kinds of requests: tcp, http, https.")
  var kinds = "tcp,http,https"

  @Option(help: "The number of probes.")
  var probes = 1000

  @Option(help: "The interval of each, in milliseconds.")
  var every = 100

  @Option(help: "The time for which each kind is measured, in seconds.")
  var seconds = 10

  @Option(help: "The number of busy processes that run during the measurement, spread over the processors.")
  var busy = 0

  @Option(help: "The number of probes beside prometheus-blackbox-exporter, whose maximum is lower.")
  var beside = 25

  @Flag(help: "Leaves prometheus-blackbox-exporter out.")
  var alone = false

  @Flag(help: "Prints JSON, times in nanoseconds.")
  var json = false

  @Flag(help: .hidden)
  var inside = false

  func validate() throws {
    let unknown = kinds.split(separator: ",").first { !["tcp", "http", "https"].contains($0) }
    if kinds.isEmpty || unknown != nil {
      throw ValidationError("--kinds: give tcp, http or https, with commas between them")
    }
    if probes < 1 || every < 1 || seconds < 1 || beside < 1 || busy < 0 {
      throw ValidationError("--probes, --every, --seconds and --beside: give 1 or more; --busy: 0 or more")
    }
  }

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
    let blackbox = try alone ? nil : Blackbox()
    var lines: [ProberLine] = []
    for kind in kinds.split(separator: ",").map(String.init) {
      var line = ProberLine(kind: "murphy \(kind)", probes: probes)
      try line.add(fleet(kind, probes), seconds: seconds, processorTime: Self.processorTime)
      lines.append(line)
      if let blackbox { lines += try compare(kind, with: blackbox) }
    }
    load.stop()
    withExtendedLifetime(network) {}
    print(json ? try ProberLine.json(lines) : ProberLine.text(lines))
    if lines.contains(where: { $0.kind.hasPrefix("murphy") && $0.failed > 0 }) { throw ExitCode.failure }
  }

  /// The time of a turn, in seconds.
  private static let turn = 2

  /// Both programs at the same load. They take turns, so that a change of the machine's speed affects both.
  private func compare(_ kind: String, with blackbox: Blackbox) throws -> [ProberLine] {
    let given = fleet(kind, beside)
    let asking = blackbox.probes(kind, for: given)
    var own = ProberLine(kind: "murphy \(kind)", probes: beside)
    var other = ProberLine(kind: "blackbox \(kind)", probes: beside)
    for _ in 0..<max(1, seconds / Self.turn) {
      try own.add(given, seconds: Self.turn, processorTime: Self.processorTime)
      try other.add(asking, seconds: Self.turn, isOwn: false, processorTime: blackbox.processorTime)
    }
    if other.rate > 0 { own.timesBlackbox = Double(own.rate) / Double(other.rate) }
    return [own, other]
  }

  private func fleet(_ kind: String, _ count: Int) -> [Fleet.Probe] {
    (0..<count).map { number in
      var probe = Self.probe(kind, number)
      probe.name = "p\(number)"
      probe.every = .milliseconds(Int64(every))
      return probe
    }
  }

  /// One of the probes of the service.
  private static func probe(_ kind: String, _ number: Int) -> Fleet.Probe {
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
