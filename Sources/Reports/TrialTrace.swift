import Journal
import Metrics
import Scenario

/// What a trial's picture needs of its samples: a bounded number of marks for any number of samples.
struct TrialTrace {
  /// By name.
  private(set) var probes: [String: ProbeTrace] = [:]

  /// The traces of trials, by number.
  static func all<Samples: SampleSource>(
    of trials: [TrialMetrics], _ began: RunBegan, _ samples: Samples
  ) throws(Samples.Failure) -> [Int: TrialTrace] {
    let byNumber = Dictionary(trials.map { ($0.trial, $0) }) { first, _ in first }
    var open = OpenTrials()
    var folds: [Fold] = []
    var done: [Int: TrialTrace] = [:]
    try samples.read { sample in
      switch open.place(of: sample) {
      case .open(let place): folds[place].take(sample)
      case .new(let firstHasEnded):
        if firstHasEnded {
          let ended = folds.removeFirst()
          done[ended.number] = ended.end()
        }
        folds.append(Fold(sample.trial, byNumber[sample.trial], began.of(trial: sample.trial)))
        folds[folds.count - 1].take(sample)
      case .none: break
      }
    }
    for fold in folds { done[fold.number] = fold.end() }
    return done
  }

  private struct Fold {
    let number: Int
    private let names: [String]
    private var places: ProbePlaces
    private var orders: [SampleOrder]
    private var probes: [ProbeTrace]

    init(_ number: Int, _ trial: TrialMetrics?, _ began: RunBegan) {
      self.number = number
      let metrics = trial?.probes ?? []
      probes = metrics.compactMap { metrics in
        trial.map { ProbeTrace(every: began.fleet.probe(metrics.probe)?.every ?? .zero, $0) }
      }
      orders = probes.map { _ in SampleOrder() }
      names = metrics.map(\.probe)
      places = ProbePlaces(names)
    }

    mutating func take(_ sample: Sample) {
      guard let place = places.place(of: sample.probe) else { return }
      orders[place].take(sample) { probes[place].take($0) }
    }

    func end() -> TrialTrace {
      var fold = self
      var trace = TrialTrace()
      for (place, name) in names.enumerated() where trace.probes[name] == nil {
        fold.orders[place].end { fold.probes[place].take($0) }
        trace.probes[name] = fold.probes[place]
      }
      return trace
    }
  }
}

/// What a probe's lane needs of its samples.
struct ProbeTrace {
  /// When the first sample was due.
  private(set) var first: Nanoseconds?
  private(set) var last: Nanoseconds?
  private(set) var wide: LatencyLine
  private(set) var narrow: LatencyLine
  /// Runs of unknown samples; neighbours are joined if there are very many.
  private(set) var unknown: [(begin: Nanoseconds, end: Nanoseconds, count: Int)] = []
  private let every: Nanoseconds
  private var isUnknown = false

  private static let mostUnknown = 1000

  init(every: Nanoseconds, _ trial: TrialMetrics) {
    self.every = every
    wide = LatencyLine(TimeAxis(trial, .wide))
    narrow = LatencyLine(TimeAxis(trial, .narrow))
  }

  /// Takes the next sample, in the order of their numbers.
  mutating func take(_ sample: Sample) {
    first = first ?? sample.scheduled
    last = sample.scheduled
    wide.take(sample)
    narrow.take(sample)
    defer { isUnknown = sample.verdict == .unknown }
    guard sample.verdict == .unknown else { return }
    let end = sample.scheduled + every
    if isUnknown {
      unknown[unknown.count - 1].end = end
      unknown[unknown.count - 1].count += 1
      return
    }
    unknown.append((sample.scheduled, end, 1))
    if unknown.count > Self.mostUnknown {
      unknown = stride(from: 0, to: unknown.count, by: 2).map { place in
        let one = unknown[place]
        guard place + 1 < unknown.count else { return one }
        let other = unknown[place + 1]
        return (one.begin, other.end, one.count + other.count)
      }
    }
  }
}

/// The greatest latency in each pixel of a picture's width; a failed sample interrupts the line.
struct LatencyLine {
  private(set) var paths: [[(x: Double, latency: Nanoseconds)]] = []
  private let axis: TimeAxis
  private var isOpen = false

  init(_ axis: TimeAxis) { self.axis = axis }

  mutating func take(_ sample: Sample) {
    guard sample.verdict == .ok else {
      if sample.verdict == .fail { isOpen = false }
      return
    }
    let x = axis.x(sample.scheduled).rounded()
    let place = paths.count - 1
    // A pixel gets one more path at most, however often the service fails within it.
    if !isOpen, place < 0 || paths[place].count > 1 || paths[place][0].x != x {
      paths.append([(x, sample.latency)])
    } else if let end = paths[place].indices.last, paths[place][end].x == x {
      paths[place][end].latency = max(paths[place][end].latency, sample.latency)
    } else {
      paths[place].append((x, sample.latency))
    }
    isOpen = true
  }
}
