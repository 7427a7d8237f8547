import Statistics

/// The direction of a change of values of which less is better.
package enum Direction: String, Sendable {
  case worse
  case better
}

/// The latest run of a segment against the earlier ones.
package struct LatestRun: Equatable, Sendable {
  package var run: RunRecord
  package var value: BoundedValue
  /// The number of earlier runs of the segment.
  package var earlier: Int
  package var finding: Finding

  package enum Finding: Equatable, Sendable {
    /// There are too few earlier runs for one that is beyond all of them to be a surprise.
    case tooFew
    /// It is not certainly beyond all earlier runs.
    case within
    /// It is beyond all earlier runs. Chance alone does that with this probability, so a further run must confirm it.
    case watch(Direction, chance: Double)
    /// The two latest runs are both beyond all earlier ones.
    case changed(Direction, chance: Double)
  }

  /// With fewer earlier runs, chance alone puts the latest one beyond them more often than once in five times.
  package static let fewest = 4
  /// The probability of a false change.
  static let level = 0.05

  init?(_ values: [(run: RunRecord, value: BoundedValue)]) {
    guard let last = values.last else { return nil }
    (run, value, earlier) = (last.run, last.value, values.count - 1)
    func direction(_ value: BoundedValue, beyond others: [BoundedValue]) -> Direction? {
      if others.allSatisfy({ value.sign(against: $0) > 0 }) { return .worse }
      return others.allSatisfy { value.sign(against: $0) < 0 } ? .better : nil
    }
    let all = values.map(\.value)
    if earlier < Self.fewest {
      finding = .tooFew
      return
    }
    // The order of the two latest runs among themselves doesn't matter.
    let before = Double(earlier - 1)
    let both = all.suffix(2).map { direction($0, beyond: Array(all.dropLast(2))) }
    let chance = 2 / ((before + 1) * (before + 2))
    if let found = both[0], both[0] == both[1], chance <= Self.level {
      finding = .changed(found, chance: chance)
    } else if let found = direction(last.value, beyond: Array(all.dropLast())) {
      finding = .watch(found, chance: 1 / Double(earlier + 1))
    } else {
      finding = .within
    }
  }
}

/// A change within a segment that no recorded condition explains.
package struct UnknownChange: Equatable, Sendable {
  /// The number of values before it.
  package var index: Int
  /// The runs next to it.
  package var before: String
  package var after: String
  package var direction: Direction
  package var chance: Double
  /// The medians of the values before and after it.
  package var former: BoundedValue
  package var later: BoundedValue

  static let level = 0.01

  init?(_ values: [(run: RunRecord, value: BoundedValue)]) {
    let all = values.map(\.value)
    guard let found = ChangePoint(all), found.chance <= Self.level,
      let former = BoundedValue.median(Array(all.prefix(found.index))),
      let later = BoundedValue.median(Array(all.suffix(from: found.index)))
    else { return nil }
    (index, chance, self.former, self.later) = (found.index, found.chance, former, later)
    (before, after) = (values[index - 1].run.name, values[index].run.name)
    // Infinite upper bounds on both sides leave only the lower ones.
    let rises = later.high == former.high ? later.low > former.low : later.high > former.high
    direction = rises ? .worse : .better
  }
}
