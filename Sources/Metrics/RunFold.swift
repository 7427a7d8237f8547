import Journal
import Scenario

/// A run, gathered from its entries and then from its samples as they come.
struct RunFold {
  private let entries: [Entry]
  private var beginnings: Beginnings
  private var steady: [Int: SteadyBands]
  private var open = OpenTrials()
  private var folds: [TrialFold] = []
  private var done: [Int: TrialMetrics] = [:]

  init(_ entries: [Entry], began: RunBegan) {
    self.entries = entries
    let (split, atEnd) = TrialEntries.all(in: entries)
    beginnings = Beginnings(began: began, split: split, atEnd: atEnd)
    steady = split.compactMapValues { SteadyBands($0, began: began.of(trial: $0.number)) }
  }

  /// Whether the samples must be read once before, since an earlier version did not journal the latency that counts as
  /// normal.
  var needsBands: Bool { !steady.isEmpty }

  mutating func takeForBand(_ sample: Sample) { steady[sample.trial]?.take(sample) }

  /// Ends the reading for bands.
  mutating func beginSamples() {
    beginnings.bands = steady.mapValues(\.bands)
    steady = [:]
  }

  mutating func take(_ sample: Sample) {
    switch open.place(of: sample) {
    case .open(let place): folds[place].take(sample)
    case .new(let firstHasEnded):
      if firstHasEnded {
        let ended = folds.removeFirst()
        done[ended.number] = close(ended)
      }
      folds.append(beginnings.fold(sample.trial))
      folds[folds.count - 1].take(sample)
    case .none: break
    }
  }

  /// What trials begin with.
  private struct Beginnings {
    let began: RunBegan
    let split: [Int: TrialEntries]
    /// What was known at the end, for a trial that has no entry.
    let atEnd: [Entry]
    var bands: [Int: [String: LatencyBand]] = [:]

    func fold(_ number: Int) -> TrialFold {
      TrialFold(
        split[number] ?? TrialEntries(number: number, before: atEnd, own: []),
        began: began.of(trial: number),
        bands: bands[number] ?? [:])
    }
  }

  /// A trial before the last one is complete.
  private func close(_ fold: TrialFold) -> TrialMetrics {
    var fold = fold
    let (record, probes) = fold.end()
    return TrialMetrics(record, probes, of: .completed)
  }

  /// The metrics of the trials, in order, and how the run ended.
  mutating func end() -> ([TrialMetrics], RunEnding) {
    let last = Dictionary(uniqueKeysWithValues: folds.map { ($0.number, $0) })
    folds = []
    let numbers = Set(beginnings.split.keys).union(done.keys).union(last.keys).sorted()
    var ending = RunEnding(entries, isWhole: false)
    for number in numbers where done[number] == nil {
      var fold = last[number] ?? beginnings.fold(number)
      if number < numbers[numbers.count - 1] {
        done[number] = close(fold)
        continue
      }
      let (record, probes) = fold.end()
      ending = RunEnding(entries, isWhole: record.isWhole(in: entries))
      done[number] = TrialMetrics(record, probes, of: ending)
    }
    return (numbers.compactMap { done[$0] }, ending)
  }
}

/// The latency that counts as normal in a trial, from the samples that the run can have had at the end of its steady
/// phase. For journals of earlier versions, which don't have it.
private struct SteadyBands {
  private let due: Nanoseconds
  private let end: Nanoseconds
  private var distributions: [String: LatencyDistribution] = [:]

  /// nil if the trial's bands are in the journal, or nothing depends on them.
  init?(_ entries: TrialEntries, began: RunBegan) {
    let record = TrialRecord(entries, began: began, observed: nil, isOpen: true)
    guard record.effective != nil, let steady = record.phase(.steady),
      record.probes.contains(where: { record.band(of: $0.name) == nil })
    else { return nil }
    due = steady.begin + began.scenario.steady.duration
    end = steady.end
  }

  mutating func take(_ sample: Sample) {
    guard sample.verdict == .ok, sample.scheduled <= due, sample.completed < end else { return }
    distributions[sample.probe, default: LatencyDistribution()].add(sample.latency)
  }

  var bands: [String: LatencyBand] {
    distributions.compactMapValues { $0.percentile(95).map { LatencyBand(p95: $0.high) } }
  }
}
