import Journal
import Scenario

/// A probe's results in a trial, gathered from its samples in the order of their numbers, in bounded memory.
struct ProbeFold {
  /// Outages that a trial lists, of all of its probes.
  private static let mostOutages = 5000

  let probe: Fleet.Probe
  private(set) var samples = 0
  private(set) var ok = 0
  private(set) var failed = 0
  private(set) var unknown = 0
  private(set) var unsent = 0
  /// Unknown samples that the prober's end cut off.
  private(set) var cut = 0
  /// Whether an answer had the identity of a boot.
  private(set) var hasBoot = false
  private(set) var outages: OutageFold
  /// The periods in which the service answered, later than normal; nil if the normal latency isn't known.
  private(set) var slow: OutageFold?
  private let slowest: Nanoseconds
  /// The periods below the service's least level; nil if any answer is enough.
  private(set) var disruptions: OutageFold?
  private let mbco: Nanoseconds
  private let endedStable: Bool
  /// By phase, without the audit.
  private(set) var latencies: [PhaseLatency]
  /// Of an append probe.
  private(set) var writes: WritesFold?
  /// By virtual machine that a fault hit or that moved.
  private(set) var firstAnswers: [(vm: String, fold: FirstAnswerFold)]
  /// nil without an effect or a band, and before the last sample.
  private(set) var recovered: ServiceRecovery?
  private var recovery: RecoveryFold?

  struct PhaseLatency {
    let span: PhaseSpan
    var distribution = LatencyDistribution()
    var unanswered = 0
    /// nil if no answer had parts.
    var parts: RequestPartsFold?
  }

  /// - Parameter band: the latency that counts as normal; nil if it isn't known.
  init(_ probe: Fleet.Probe, band: LatencyBand?, moves: [(vm: String, move: Move)], in trial: TrialRecord) {
    self.probe = probe
    outages = OutageFold(most: max(Self.mostOutages / max(trial.probes.count, 1), 20))
    latencies = trial.phases.filter { $0.phase != .audit }.map { PhaseLatency(span: $0) }
    writes = probe.kind == .append ? WritesFold(probe, in: trial) : nil
    // Only their sum is needed, so none is listed.
    slow = band.map { _ in OutageFold(most: 0, countsFromFirst: true) }
    slowest = band?.upper ?? .zero
    let least = trial.began.scenario.service(probe.name)?.mbco
    disruptions = least.map { _ in OutageFold(most: 0) }
    mbco = least ?? .zero
    endedStable = trial.recoveryOutcome == .stable
    firstAnswers = moves.map { ($0.vm, FirstAnswerFold($0.move)) }
    if let band, let effective = trial.effective {
      let rule = StableRule(width: trial.began.scenario.recovery.stable, every: probe.every, band: band)
      recovery = RecoveryFold(
        by: rule, since: effective.low, endedStable: endedStable)
    }
  }

  mutating func take(_ sample: Sample) {
    samples += 1
    if sample.sent == nil {
      unsent += 1
    } else {
      switch sample.verdict {
      case .ok: ok += 1
      case .fail: failed += 1
      case .unknown: unknown += 1
      }
    }
    if sample.verdict == .unknown, sample.status == Sample.stopped { cut += 1 }
    if sample.boot != nil { hasBoot = true }
    outages.take(sample)
    let isSlow = sample.verdict == .ok && sample.latency > slowest
    slow?.take(sample, as: sample.verdict == .unknown ? .unknown : isSlow ? .fail : .ok)
    disruptions?.take(
      sample, as: sample.verdict == .ok && sample.latency > mbco ? .fail : sample.verdict)
    for index in latencies.indices
    where sample.scheduled >= latencies[index].span.begin && sample.scheduled < latencies[index].span.end {
      if sample.verdict == .ok {
        latencies[index].distribution.add(sample.latency)
        if let parts = sample.parts { latencies[index].add(parts, of: sample) }
      } else {
        latencies[index].unanswered += 1
      }
    }
    writes?.take(sample)
    for index in firstAnswers.indices { firstAnswers[index].fold.take(sample) }
    recovery?.take(sample)
  }

  /// After the last sample.
  mutating func end() {
    outages.end()
    disruptions?.end()
    // A late answer in the last samples of a stable window is part of the normal spread.
    slow?.end(countsToLast: endedStable)
    for index in firstAnswers.indices { firstAnswers[index].fold.end() }
    recovered = recovery?.end()
    recovery = nil
  }
}

extension ProbeFold.PhaseLatency {
  fileprivate mutating func add(_ requestParts: RequestParts, of sample: Sample) {
    if parts == nil { parts = RequestPartsFold() }
    parts?.take(requestParts, of: sample)
  }
}
