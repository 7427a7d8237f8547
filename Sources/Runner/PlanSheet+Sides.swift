import Journal
import Scenario

extension PlanSheet {
  /// The sheet of two settings that take turns, each with its own fleet or scenario. A run needs both, so it is refused if
  /// either is. What differs between them has its side.
  ///
  /// - Parameter order: the side of each trial.
  package init(_ a: PlanSheet, _ b: PlanSheet, order: [Alternation.Side]) {
    self = a
    hostsOfB = a.hosts == b.hosts ? nil : b.hosts
    // Each side has half of the trials, and each sheet has all of them.
    time = Time(atLeast: (a.time.atLeast + b.time.atLeast) / 2, atMost: (a.time.atMost + b.time.atMost) / 2)
    moment = Moment(a.moment, b.moment, order: order)
    steps =
      a.steps.map { b.steps.contains($0) ? $0 : $0.of(.a) }
      + b.steps.filter { !a.steps.contains($0) }.map { $0.of(.b) }
    warnings = Self.named(a.warnings, b.warnings)
    refusals = Self.named(a.refusals, b.refusals)
  }

  /// The lines of both sides, each with its side. A line that both have is named once.
  private static func named(_ a: [String], _ b: [String]) -> [String] {
    a.map { "\(b.contains($0) ? "A and B" : "A"): \($0)" } + b.filter { !a.contains($0) }.map { "B: \($0)" }
  }
}

extension PlanSheet.Step {
  fileprivate func of(_ side: Alternation.Side) -> PlanSheet.Step {
    var own = self
    own.side = side.rawValue.uppercased()
    return own
  }
}

extension PlanSheet.Moment {
  /// Nil unless the seed decides it on both sides.
  fileprivate init?(_ a: PlanSheet.Moment?, _ b: PlanSheet.Moment?, order: [Alternation.Side]) {
    guard let a, let b else { return nil }
    self.init(
      atLeast: min(a.atLeast, b.atLeast), atMost: max(a.atMost, b.atMost),
      drawn: order.enumerated().map { index, side in (side == .a ? a : b).drawn[index] })
  }
}
