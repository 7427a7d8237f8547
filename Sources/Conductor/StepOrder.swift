import Scenario

/// The steps of a timeline that can be active at the same time, for the worst order that the timeline allows.
///
/// A step with a time begins at that time. A step with a condition may begin at any time. A step after another begins
/// when the other's end is known. That may be early, since a fault may end before its time, or late, since its host may
/// be cut off.
struct StepOrder {
  /// When a step may begin, and until when it may be active.
  private struct Window {
    var earliest: Nanoseconds
    var latest: Nanoseconds
    var end: Nanoseconds
  }

  private let steps: [String: Step]
  /// The steps that each step waits for, with the direct one first.
  private let waitsFor: [String: [String]]

  /// Steps with damage that stays after their end.
  private let lasting: Set<String>

  init(_ timeline: [Step], lasting: Set<String> = []) {
    self.lasting = lasting
    let steps = Dictionary(timeline.map { ($0.name, $0) }) { first, _ in first }
    self.steps = steps
    waitsFor = steps.mapValues { step in
      var names: [String] = []
      var next: Step? = step
      // The file's reader refuses cycles and unknown steps. The loop ends if it meets one.
      while let current = next, case .after(let name, _) = current.trigger, !names.contains(name) {
        names.append(name)
        next = steps[name]
      }
      return names
    }
  }

  /// Whether two steps can be active at the same time.
  func canMeet(_ one: Step, _ other: Step) -> Bool {
    let before = waitsFor[one.name] ?? []
    let beforeOther = waitsFor[other.name] ?? []
    if before.contains(other.name) { return lasting.contains(other.name) }
    if beforeOther.contains(one.name) { return lasting.contains(one.name) }
    // Both windows are counted from the end of the nearest step that both wait for, if there is one.
    let origin = before.first { beforeOther.contains($0) }
    let (window, otherWindow) = (self.window(one, since: origin), self.window(other, since: origin))
    return window.earliest < otherWindow.end && otherWindow.earliest < window.end
  }

  /// A step's window, counted from the end of `origin`, or from the start of the faults phase if `origin` is nil.
  private func window(_ step: Step, since origin: String?) -> Window {
    let earliest: Nanoseconds
    let latest: Nanoseconds
    switch step.trigger {
    case .at(let time): (earliest, latest) = (time, time)
    case .when: (earliest, latest) = (.zero, Self.never)
    case .after(let name, let delay):
      let lead = max(delay, Conductor.armingLead)
      let chain = waitsFor[step.name] ?? []
      if name == origin || chain.last == step.name {
        (earliest, latest) = (lead, lead)
      } else if let before = steps[name], waitsFor[name]?.contains(step.name) == false {
        let window = window(before, since: origin)
        earliest = Self.sum(window.earliest, lead)
        latest = Self.sum(Self.sum(window.end, Conductor.endPatience), lead)
      } else {
        (earliest, latest) = (.zero, Self.never)
      }
    }
    return Window(
      earliest: earliest, latest: latest,
      end: lasting.contains(step.name) ? Self.never : Self.sum(latest, step.duration))
  }

  private static let never = Nanoseconds(Int64.max)

  private static func sum(_ one: Nanoseconds, _ other: Nanoseconds) -> Nanoseconds {
    let (sum, overflow) = one.count.addingReportingOverflow(other.count)
    return overflow ? never : Nanoseconds(sum)
  }
}
