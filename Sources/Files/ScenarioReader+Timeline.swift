import Scenario

extension ScenarioReader {
  /// Reports steps that can never happen, or not as written.
  mutating func judgeTimeline(_ steps: [PlacedStep]) {
    judgeNames(steps)
    judgeOrder(steps)
    judgeOverlaps(steps)
  }

  private mutating func judgeNames(_ steps: [PlacedStep]) {
    var unnamed: [String: Int] = [:]
    for (index, step) in steps.enumerated() where !step.isNamed { unnamed[step.value.name] = index + 1 }
    var named: [String: Position] = [:]
    for step in steps {
      guard let place = step.element["name"]?.position else { continue }
      let name = step.value.name
      if let earlier = named[name] {
        findings.error(place, "duplicate step name '\(name)': first used at \(earlier)", .duplicate)
      } else {
        named[name] = place
        if let number = unnamed[name] {
          findings.error(
            place, "'\(name)' is the name of step \(number), which has no name in the file: choose another",
            .reserved)
        }
      }
    }
  }

  private mutating func judgeOrder(_ steps: [PlacedStep]) {
    var before: [String: String] = [:]
    for step in steps {
      if case .after(let name, _) = step.value.trigger { before[step.value.name] = name }
    }
    let names = steps.map(\.value.name)
    let known = Set(names)
    let circles = Self.circles(names, before)
    for step in steps {
      guard case .after(let name, _) = step.value.trigger, let place = step.element["after"],
        Form.problem(ofName: name) == nil
      else { continue }
      if name == step.value.name {
        findings.error(place.position, "'\(name)' can't wait for itself", .conflict)
      } else if !known.contains(name) {
        let others = names.filter { $0 != step.value.name }
        findings.error(place.position, "unknown step '\(name)'" + Nearest.hint(name, among: others), .unknown)
      } else if let circle = circles[step.value.name] {
        findings.error(
          place.position,
          "these steps wait for each other and never start: \(circle.joined(separator: " after "))", .conflict
        )
      }
    }
  }

  /// For each step in a cycle, the steps of this cycle, in order; the first one is repeated at the end.
  private static func circles(_ names: [String], _ before: [String: String]) -> [String: [String]] {
    var circles: [String: [String]] = [:]
    var seen: Set<String> = []
    for start in names where !seen.contains(start) {
      var path: [String] = []
      var next: String? = start
      while let name = next, seen.insert(name).inserted {
        path.append(name)
        next = before[name]
      }
      guard let name = next, let first = path.firstIndex(of: name) else { continue }
      let circle = Array(path[first...])
      for member in circle { circles[member] = circle + [name] }
    }
    return circles
  }

  /// Reports two steps with the same fault on the same target at the same time: the second could not take effect and
  /// could not be distinguished, and the end of the first would end both.
  private mutating func judgeOverlaps(_ steps: [PlacedStep]) {
    for (index, later) in steps.enumerated() {
      guard case .at(let start) = later.value.trigger, let place = later.element["at"],
        later.element["target"] != nil, later.value.target.isExplicit
      else { continue }
      let end = start.adding(later.value.duration)
      for earlier in steps[..<index] {
        guard case .at(let otherStart) = earlier.value.trigger, earlier.element["at"] != nil,
          earlier.value.fault == later.value.fault, earlier.value.target == later.value.target,
          start < otherStart.adding(earlier.value.duration), otherStart < end
        else { continue }
        findings.error(
          place.position,
          "'\(later.value.name)' would start \(later.value.fault) on a target where '\(earlier.value.name)' "
            + "keeps it active from \(otherStart) to \(otherStart.adding(earlier.value.duration))", .conflict)
      }
    }
  }
}

extension Nanoseconds {
  /// The sum, or the maximum if it overflows.
  fileprivate func adding(_ other: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = count.addingReportingOverflow(other.count)
    return overflow ? Nanoseconds(.max) : Nanoseconds(sum)
  }
}

extension Target {
  /// Whether it names its target, so that two targets can be compared before a run.
  fileprivate var isExplicit: Bool {
    switch self {
    case .host(.named), .link(.named, _), .vm, .sides: true
    case .host, .link: false
    }
  }
}
