import Comparison
import Scenario
import Statistics

/// What the trials of a run can show, in words for a plan.
package struct PlannedWords {
  let planned: PlannedComparison

  package init(planned: PlannedComparison) { self.planned = planned }

  /// The text, line by line.
  package var lines: [String] {
    var lines = ["\(design): \(claims)"]
    if let deviations = planned.deviations {
      lines.append(
        "  worse or better is shown in 8 of 10 comparisons if the difference is \(planned.percent) % plus "
          + "\(Self.decimal(deviations)) standard deviations of a side's values")
    }
    if let within = planned.deviationsWithin {
      lines.append(
        "  no regression is shown in 8 of 10 comparisons of equal sides if \(planned.percent) % are at least "
          + "\(Self.decimal(within)) standard deviations of a side's values")
    }
    if let noise = planned.noise { lines.append("  " + words(noise)) }
    return lines
  }

  private var design: String {
    if let blocks = planned.blocks {
      return "comparison: \(Figures.things(blocks, "block")), \(planned.trials) trials a side"
    }
    return "comparison: \(Figures.things(planned.trials, "trial")), against as many of another run"
  }

  private var claims: String {
    let need =
      planned.blocks == nil
      ? "\(planned.fewestForAll) trials a side are the least for every verdict"
      : "\(planned.fewestForAll) blocks are the least for every verdict"
    if planned.claims.isEmpty { return "can show nothing; \(need)" }
    if planned.claims == [Claim.noRegression.rawValue] { return "can show 'no regression' at best; \(need)" }
    if !planned.showsDrift { return "can show each verdict, but can't notice a drift; \(need)" }
    return "can show each verdict"
  }

  private func words(_ noise: PlannedComparison.Noise) -> String {
    func value(_ value: Double) -> String {
      noise.isTime
        ? Figures.time(Nanoseconds(Int64(value.rounded())))
        : Figures.number(Int64((value * 10).rounded()), over: 10, decimals: 1)
    }
    let seen =
      "earlier: \(noise.key) in \(Figures.things(noise.trials, "trial")): median \(value(noise.median)), standard "
      + "deviation \(value(noise.deviation))"
    let shown =
      noise.shown.map { "; a difference of \(value($0)) would be shown in 8 of 10 comparisons" }
      ?? "; no difference would be shown"
    return seen + shown
      + (noise.allowsNoRegression
        ? ", and no regression of equal sides as often"
        : "; no regression of equal sides would be shown less often")
  }

  private static func decimal(_ value: Double) -> String {
    Figures.number(Int64((value * 10).rounded(.up)), over: 10, decimals: 1)
  }
}
