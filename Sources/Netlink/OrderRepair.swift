/// What to add, and what to remove and add again, so that values which the kernel keeps in a list are in the order that
/// they had. Others in the list stay where they are.
///
/// - Parameters:
///   - wanted: the values, in their order.
///   - present: what is there of them, in the kernel's order.
///   - ends: at which ends of the list the kernel adds.
///   - isSpared: whether a value is rather left where it is.
struct OrderRepair<Value: Hashable> {
  /// A value to add at an end; where it is present, it must be removed before.
  struct Step: Equatable {
    var value: Value
    var isAtFront: Bool
    var isPresent: Bool
  }

  private(set) var steps: [Step] = []

  init(
    wanted: [Value], present: [Value], ends: ListEnds, sparing isSpared: (Value) -> Bool = { _ in false }
  ) {
    let places = Dictionary(zip(present, present.indices)) { first, _ in first }
    let kept = Self.keptRun(of: wanted.map { (places[$0], isSpared($0)) }, ends)
    func step(_ value: Value, isAtFront: Bool) -> Step {
      Step(value: value, isAtFront: isAtFront, isPresent: places[value] != nil)
    }
    for value in wanted[..<kept.lowerBound].reversed() { steps.append(step(value, isAtFront: true)) }
    for value in wanted[kept.upperBound...] { steps.append(step(value, isAtFront: false)) }
  }

  /// The run of wanted values that stay: all present, and in their order; of several the one with the most to spare, then
  /// the longest. What is before it goes to the front and what is behind it to the back, so it must reach to an end of the
  /// list at which the kernel can't add.
  private static func keptRun(of values: [(place: Int?, isSpared: Bool)], _ ends: ListEnds) -> Range<Int> {
    var best = ends.contains(.back) ? 0..<0 : values.endIndex..<values.endIndex
    var worth = (0, 0)
    for start in ends.contains(.front) ? Array(values.indices) : [0] {
      var end = start
      var last = -1
      while end < values.endIndex, let place = values[end].place, place > last {
        last = place
        end += 1
      }
      guard ends.contains(.back) || end == values.endIndex else { continue }
      let found = (values[start..<end].count { $0.isSpared }, end - start)
      if found > worth { (best, worth) = (start..<end, found) }
    }
    return best
  }
}

/// The ends of its list at which the kernel can add a value.
struct ListEnds: OptionSet {
  let rawValue: Int
  static let front = ListEnds(rawValue: 1)
  static let back = ListEnds(rawValue: 2)
}
