/// The values to add, and the values to remove and add again, to bring back the previous order of values that the kernel keeps in
/// a list. Other values in the list stay in place.
///
/// - Parameters:
///   - wanted: the values, in their order.
///   - present: those of them that exist, in the kernel's order.
///   - ends: at which ends of the list the kernel adds.
///   - isSpared: whether a value should stay in place if possible.
struct OrderRepair<Value: Hashable> {
  /// A value to add at an end. If it exists, it must be removed first.
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

  /// The run of wanted values that stay in place: all exist, in their order. Among several candidates, the one with
  /// the most spared values, then the longest. Values before it go to the front and values after it to the back, so
  /// it must extend to an end of the list at which the kernel can't add.
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
