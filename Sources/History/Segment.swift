import Comparison
import Scenario
import Statistics

/// A stretch of runs with equal conditions.
package struct Segment: Sendable {
  /// All runs, in the order in which they began. Those without a value have not changed the segment.
  package var runs: [RunRecord]
  package var conditions: Conditions
  /// The conditions that changed at its start. Empty for the first segment.
  package var changes: [Difference]
  /// What changed with them; nil for the first segment, and if a side has no value.
  package var effect: KnownChange?

  /// The runs with a value of an objective.
  package func values(of key: String) -> [(run: RunRecord, value: BoundedValue)] {
    runs.compactMap { run in run.median(of: key).map { (run, $0) } }
  }

  /// The stretches of runs, by the conditions of those that have a value.
  static func all(_ runs: [RunRecord], key: String) -> [Segment] {
    var segments: [Segment] = []
    /// Runs without a value, of which the next one with a value decides to which segment they belong.
    var waiting: [RunRecord] = []
    for run in runs {
      guard run.median(of: key) != nil else {
        waiting.append(run)
        continue
      }
      if let last = segments.indices.last, segments[last].conditions == run.conditions {
        segments[last].runs += waiting + [run]
      } else {
        let changes =
          segments.last.map { Difference.all([$0.conditions], [run.conditions]) } ?? []
        if let last = segments.indices.last { segments[last].runs += waiting }
        let first = segments.isEmpty ? waiting : []
        segments.append(Segment(runs: first + [run], conditions: run.conditions, changes: changes))
      }
      waiting = []
    }
    if let last = segments.indices.last { segments[last].runs += waiting }
    for index in segments.indices.dropFirst() {
      segments[index].effect = KnownChange(from: segments[index - 1], to: segments[index], key: key)
    }
    return segments
  }
}

/// The claims about a segment against the one before it. The runs' medians are the values.
package struct KnownChange: Equatable, Sendable {
  /// The numbers of runs that were compared.
  package var before: Int
  package var after: Int
  package var claim: Claim.Evidence?
  /// After minus before.
  package var difference: Shift

  /// The most runs a side: those next to the change, since others may have drifted.
  static let mostRuns = 20

  init?(from former: Segment, to segment: Segment, key: String) {
    let base = former.values(of: key).suffix(Self.mostRuns).map(\.value)
    let candidate = segment.values(of: key).prefix(Self.mostRuns).map(\.value)
    guard !base.isEmpty, !candidate.isEmpty else { return nil }
    before = base.count
    after = candidate.count
    let sides = PairedSides(blocks: [PairedSides.Block(base: base, candidate: candidate)])
    difference = Shift.difference(sides)
    guard let margin = segment.runs.lazy.compactMap({ $0.results.first { $0.objective.key == key } }).first
    else { return nil }
    claim = [Claim.worse, .better, .noRegression].lazy.map { $0.test(sides, margin.margin) }
      .first(where: \.holds)
  }
}
