import Comparison
import Scenario
import Statistics

/// All trials of both sides on one axis, and the difference as a row against 0 and the margin.
struct ComparisonPicture {
  private let metric: MetricComparison
  private let layout: Picture.Layout
  private static let rowHeight = 18.0

  init(_ metric: MetricComparison, _ layout: Picture.Layout) {
    self.metric = metric
    self.layout = layout
  }

  private static func width(_ layout: Picture.Layout) -> Double { layout == .wide ? 760 : 400 }
  static func left(_ layout: Picture.Layout) -> Double { layout == .wide ? 120 : 70 }
  static func right(_ layout: Picture.Layout) -> Double { width(layout) - (layout == .wide ? 20 : 12) }
  private var left: Double { Self.left(layout) }
  private var right: Double { Self.right(layout) }

  /// A picture of the page of comparisons.
  static func element(_ svg: SVG, _ layout: Picture.Layout, height: Double, label: String) -> String {
    "<svg class=\"picture compare \(layout == .wide ? "wide" : "narrow")\""
      + " viewBox=\"0 0 \(SVG.number(width(layout))) \(SVG.number(height))\" role=\"img\""
      + " aria-label=\"\(Markup.escaped(label))\">\(svg.body)</svg>"
  }

  func svg() -> String {
    var svg = SVG()
    var y = 26.0
    let values = (metric.base + metric.candidate).compactMap(\.bounds)
    let greatest = values.map { $0.high.isFinite ? $0.high : $0.low }.max() ?? 0
    let scale = (right - left) / max(greatest * 1.1, 1)
    let bottom = y + Double(metric.base.count + metric.candidate.count) * Self.rowHeight + 16
    let marks = ticks(greatest * 1.1)
    for tick in marks {
      let x = left + tick * scale
      svg.line(x, y - 8, x, bottom, "grid")
      svg.text(x, bottom + 16, ComparisonWords.tick(tick, of: metric.metric), "note", anchor: "middle")
    }
    svg.text(0, 14, "\(metric.key), each trial with its bounds", "note")
    for (side, trials) in [("base", metric.base), ("candidate", metric.candidate)] {
      for (index, trial) in trials.enumerated() {
        if index == 0 { svg.text(0, y + 4, side, "label") }
        draw(trial, side, y, scale, &svg)
        y += Self.rowHeight
      }
      y += 8
    }
    svg.line(left, bottom, right, bottom, "zero")
    let confidence = metric.difference.interval == nil ? "the middle estimate" : "at 95 % confidence"
    svg.text(0, bottom + 48, "candidate minus base, \(confidence)", "note")
    drawDifference(at: bottom + 86, &svg)
    return Self.element(
      svg, layout, height: bottom + 134, label: "the trials of both sides, and their difference")
  }

  /// Marks at round times; for counts, and for times below a second, the ends.
  private func ticks(_ end: Double) -> [Double] {
    if metric.metric.unit == .duration, end >= 1e9 {
      let axis = TimeAxis(
        begin: .zero, end: Nanoseconds(Int64(end)), origin: .zero, left: left, width: right - left)
      return axis.ticks(atMost: layout == .wide ? 10 : 5).map { Double($0.count) }
    }
    return end > 0 ? [0, end / 1.1] : [0]
  }

  private func draw(_ trial: TrialValue, _ side: String, _ y: Double, _ scale: Double, _ svg: inout SVG) {
    guard let bounds = trial.bounds else {
      svg.text(left, y + 4, "void", "note")
      return
    }
    let low = left + bounds.low * scale
    let high = bounds.high.isFinite ? left + bounds.high * scale : right
    svg.line(low, y, high, y, "whisker")
    if bounds.high.isFinite {
      svg.rect((low + high) / 2 - 4, y - 4, 8, 8, side, radius: side == "base" ? 4 : 0)
    } else {
      svg.rect(low - 4, y - 4, 8, 8, side, radius: side == "base" ? 4 : 0)
      svg.openArrow(right, y, "not ended when observation ended")
    }
  }

  /// The interval of the difference, around 0, with the margin at the base's median. Each line of text has at most one
  /// label whose place depends on a value, so that none covers another.
  private func drawDifference(at y: Double, _ svg: inout SVG) {
    let base = metric.base.compactMap(\.bounds).map(\.low).sorted()
    let middle = base.isEmpty ? 0 : base[base.count / 2]
    let allowed = max(metric.margin.relative * middle, metric.margin.absolute)
    let shown = metric.difference.interval ?? metric.difference.estimate
    let ends = [shown?.low, shown?.high].compactMap { $0 }.filter(\.isFinite).map(\.magnitude) + [allowed]
    let reach = max((ends.max() ?? 1) * 1.25, 1)
    let centre = (left + right) / 2
    let scale = (right - left) / 2 / reach
    svg.rect(centre - allowed * scale, y - 8, 2 * allowed * scale, 16, "allowed")
    svg.line(centre, y - 10, centre, y + 10, "zero")
    for end in [-allowed, allowed] {
      svg.line(centre + end * scale, y - 10, centre + end * scale, y + 10, "margin")
    }
    svg.text(
      centre, y - 16, "margin ±\(ComparisonWords.value(allowed, of: metric.metric))", "note", anchor: "middle"
    )
    svg.text(left, y + 44, "candidate better", "note")
    svg.text(centre, y + 44, "0", "note", anchor: "middle")
    svg.text(right, y + 44, "candidate worse", "note", anchor: "end")
    guard let shown else { return }
    let low = shown.low.isFinite ? centre + shown.low * scale : left
    let high = shown.high.isFinite ? centre + shown.high * scale : right
    svg.rect(low, y - 3, high - low, 6, metric.difference.interval == nil ? "base" : "interval")
    let words = ComparisonWords.bounds(shown, of: metric.metric)
    // Half of the text's width, so that it stays within the picture.
    let half = Double(words.count) * 3.4
    svg.text(
      min(max((low + high) / 2, left + half), right - half), y + 25, words, "label", anchor: "middle")
    if !shown.high.isFinite { svg.openArrow(right, y, "no upper bound") }
  }
}
