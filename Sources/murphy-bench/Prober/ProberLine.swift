import FoundationEssentials
import Glibc
import Journal
import Linux
import Metrics
import Probes
import Scenario
import Synchronization

/// The results of one program. Its memory doesn't grow with the number of samples.
struct ProberLine {
  let kind: String
  let probes: Int
  private(set) var answered = 0
  private(set) var failed = 0
  private var unknown = 0
  /// The samples that are not ok, by verdict and status.
  private var reasons: [String: Int] = [:]
  /// The delays from the due time to the request. For a request that was not sent it is the time until it was given up,
  /// so that a prober that sheds requests doesn't look punctual.
  private var slips = LatencyDistribution()
  private var processorTime: Int64 = 0
  /// The rate as a multiple of that of prometheus-blackbox-exporter at the same load.
  var timesBlackbox: Double?

  init(kind: String, probes: Int) {
    self.kind = kind
    self.probes = probes
  }

  /// Probes for this time.
  ///
  /// - Parameters:
  ///   - isOwn: whether the delays are those of the measured program.
  ///   - processorTime: the processor time of the measured program so far, in nanoseconds.
  mutating func add(
    _ probes: [Fleet.Probe], seconds: Int, isOwn: Bool = true, processorTime: () throws -> Int64
  ) throws {
    let found = Mutex(self)
    let before = try processorTime()
    let prober = try Prober(probes, trial: 1, origin: 0) { sample in
      found.withLock { $0.take(sample, isOwn: isOwn) }
    }
    var rest = seconds
    while rest > 60 {
      sleep(60)
      rest -= 60
      printToStandardError("\(kind): \(rest) s left; \(found.withLock { $0.counts })")
    }
    sleep(UInt32(max(0, rest)))
    prober.stop()
    let spent = try processorTime() - before
    self = found.withLock { $0 }
    self.processorTime += spent
  }

  mutating func take(_ sample: Sample, isOwn: Bool) {
    if sample.probe == Prober.controlName || sample.status == Sample.stopped { return }
    switch sample.verdict {
    case .ok: answered += 1
    case .fail: failed += 1
    case .unknown: unknown += 1
    }
    if sample.verdict != .ok { reasons["\(sample.verdict.rawValue) \(sample.status)", default: 0] += 1 }
    if isOwn { slips.add((sample.sent ?? sample.completed) - sample.scheduled) }
  }

  /// The number of answered requests per second of processor time.
  var rate: Int { processorTime == 0 ? 0 : Int(Double(answered) / Double(processorTime) * 1e9) }

  private var counts: String { "\(answered) answered, \(failed) failed, \(unknown) unknown" }

  // MARK: Output

  private struct Figures: Encodable {
    var kind: String
    var probes: Int
    var answered: Int
    var failed: Int
    var unknown: Int
    var reasons: [String: Int]
    var slipP99: Int64?
    var slipMax: Int64?
    var processorTime: Int64
    var answeredPerProcessorSecond: Int
    var timesBlackbox: Double?
  }

  private var figures: Figures {
    Figures(
      kind: kind, probes: probes, answered: answered, failed: failed, unknown: unknown, reasons: reasons,
      slipP99: slips.percentile(99)?.high.count, slipMax: slips.greatest?.count,
      processorTime: processorTime, answeredPerProcessorSecond: rate, timesBlackbox: timesBlackbox)
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
      "probes", "answered", "failed", "unknown", "slip p99 (ms)", "slip max (ms)", "answered/CPU s",
      "× blackbox", "not ok as",
    ]
    var rows = [["kind"] + heads]
    for line in lines.map(\.figures) {
      var row = [line.kind]
      row += [line.probes, line.answered, line.failed, line.unknown].map { "\($0)" }
      row += [milliseconds(line.slipP99), milliseconds(line.slipMax), "\(line.answeredPerProcessorSecond)"]
      row.append(line.timesBlackbox.map { "\(($0 * 10).rounded() / 10)" } ?? "–")
      row.append(line.reasons.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: ", "))
      rows.append(row)
    }
    return aligned(rows)
  }
}
