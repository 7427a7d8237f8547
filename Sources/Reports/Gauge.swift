import Metrics
import Scenario

/// The bounds of a measured duration against its limit, as a small bar.
enum Gauge {
  static func svg(_ result: ObjectiveResult, tone: Headline.Tone) -> String {
    guard result.objective.metric.unit == .duration, case .span(let span) = result.figure else { return "" }
    let limit = Double(result.objective.limit)
    let (low, high, point): (Double, Double, Double?)
    switch span {
    case .measured(let interval):
      (low, high) = (Double(interval.low.count), Double(interval.high.count))
      point = Double(interval.estimate.count)
    case .censored(let bound): (low, high, point) = (Double(bound.count), .infinity, nil)
    case .notObserved: return ""
    }
    let width = 186.0
    let scale = width / max(max(limit, high.isFinite ? high : low) * 1.2, 1)
    var svg = SVG()
    svg.rect(0, 9, width, 2, "track")
    let end = high.isFinite ? high * scale : width
    svg.rect(low * scale - 1, 6, max(end - low * scale, 0) + 2, 8, "range", radius: 2)
    svg.line(limit * scale, 1, limit * scale, 19, "limit")
    if let point { svg.rect(point * scale - 4, 6, 8, 8, "point", radius: 4) }
    if !high.isFinite { svg.openArrow(width + 2, 10, "end not observed") }
    let label = "\(Figures.figure(result.figure)); \(Figures.demand(result.objective))"
    return "<svg class=\"gauge \(tone.rawValue)\" viewBox=\"0 0 190 20\" role=\"img\""
      + " aria-label=\"\(Markup.escaped(label))\">\(svg.body)</svg>"
  }
}
