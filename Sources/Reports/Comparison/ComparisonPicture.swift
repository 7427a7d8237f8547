import Comparison
import Scenario
import Statistics

/// All trials of both sides on one axis, and the difference as a row against 0 and the margin.
struct ComparisonPicture {
  private let metric: MetricComparison
  private static let width = 760.0
  private static let left = 120.0
  private static let right = 740.0
  private static let rowHeight = 18.0

  init(_ metric: MetricComparison) { self.metric = metric }

  func svg() -> String {
    var svg = SVG()
    var y = 26.0
    let values = (metric.base + metric.candidate).compactMap(\.bounds)
    let greatest = values.map { $0.high.isFinite ? $0.high : $0.low }.max() ?? 0
    let scale = (Self.right - Self.left) / max(greatest * 1.1, 1)
    svg.text(0, 14, "\(metric.key), each trial with its bounds", "note")
    for (side, trials) in [("base", metric.base), ("candidate", metric.candidate)] {
      for (index, trial) in trials.enumerated() {
        if index == 0 { svg.text(0, y + 4, side, "label") }
        draw(trial, side, y, scale, &svg)
        y += Self.rowHeight
      }
      y += 8
    }
    svg.line(Self.left, y, Self.right, y, "zero")
    svg.text(Self.left, y + 16, "0", "note", anchor: "middle")
    if greatest > 0 {
      svg.text(
        Self.left + greatest * scale, y + 16, ComparisonWords.value(greatest, of: metric.metric), "note",
        anchor: "middle")
    }
    y += 48
    drawDifference(at: y, &svg)
    y += 40
    return
      "<svg class=\"picture compare\" viewBox=\"0 0 \(SVG.number(Self.width)) \(SVG.number(y))\" role=\"img\""
      + " aria-label=\"\(Markup.escaped("the trials of both sides, and their difference"))\">\(svg.body)</svg>"
  }

  private func draw(_ trial: TrialValue, _ side: String, _ y: Double, _ scale: Double, _ svg: inout SVG) {
    guard let bounds = trial.bounds else {
      svg.text(Self.left, y + 4, "void", "note")
      return
    }
    let low = Self.left + bounds.low * scale
    let high = bounds.high.isFinite ? Self.left + bounds.high * scale : Self.right
    svg.line(low, y, high, y, "whisker")
    if bounds.high.isFinite {
      svg.rect((low + high) / 2 - 4, y - 4, 8, 8, side, radius: side == "base" ? 4 : 0)
    } else {
      svg.rect(low - 4, y - 4, 8, 8, side, radius: side == "base" ? 4 : 0)
      svg.openArrow(Self.right, y, "not ended when observation ended")
    }
  }

  /// The interval of the difference, around 0, with the margin at the base's median.
  private func drawDifference(at y: Double, _ svg: inout SVG) {
    svg.text(0, y - 14, "candidate minus base", "note")
    let base = metric.base.compactMap(\.bounds).map(\.low).sorted()
    let middle = base.isEmpty ? 0 : base[base.count / 2]
    let allowed = max(metric.margin.relative * middle, metric.margin.absolute)
    let shown = metric.difference.interval ?? metric.difference.estimate
    let ends = [shown?.low, shown?.high].compactMap { $0 }.filter(\.isFinite).map(\.magnitude) + [allowed]
    let reach = max((ends.max() ?? 1) * 1.25, 1)
    let centre = (Self.left + Self.right) / 2
    let scale = (Self.right - Self.left) / 2 / reach
    svg.rect(centre - allowed * scale, y - 8, 2 * allowed * scale, 16, "allowed")
    svg.line(centre, y - 10, centre, y + 10, "zero")
    for end in [-allowed, allowed] {
      svg.line(centre + end * scale, y - 10, centre + end * scale, y + 10, "margin")
    }
    svg.text(centre, y + 26, "0", "note", anchor: "middle")
    svg.text(
      centre + allowed * scale, y + 26, "+\(ComparisonWords.value(allowed, of: metric.metric))", "note",
      anchor: "middle")
    svg.text(centre - reach * scale, y + 26, "candidate better", "note")
    svg.text(centre + reach * scale, y + 26, "candidate worse", "note", anchor: "end")
    guard let shown else { return }
    let low = shown.low.isFinite ? centre + shown.low * scale : Self.left
    let high = shown.high.isFinite ? centre + shown.high * scale : Self.right
    svg.rect(low, y - 3, high - low, 6, metric.difference.interval == nil ? "base" : "interval")
    if !shown.high.isFinite { svg.openArrow(Self.right, y, "no upper bound") }
  }
}
