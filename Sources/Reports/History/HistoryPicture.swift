import Comparison
import History
import Metrics
import Scenario
import Statistics

/// The median of each run with its bounds, against the limit, with the changes of conditions between them.
struct HistoryPicture {
  let history: History
  /// The address of a run's report; nil without one.
  let link: (RunRecord) -> String?
  let width: Double

  private static let left = 58.0
  private static let top = 44.0
  private static let height = 230.0
  /// The most runs that can be distinguished.
  static let mostRuns = 120
  private static let bottom = top + height

  private enum Slot {
    case run(RunRecord)
    /// The number of the segment that begins here.
    case change(Int)
    case gap(Age.Gap)

    /// In widths of a run.
    var size: Double {
      switch self {
      case .run: 1
      case .change: 0.6
      case .gap: 1.4
      }
    }
  }

  /// The slots of the latest runs, from left to right.
  private var slots: [Slot] {
    var slots: [Slot] = []
    for (index, segment) in history.segments.enumerated() {
      if index > 0 { slots.append(.change(index)) }
      for run in segment.runs {
        if let gap = history.age.gaps.first(where: { $0.to == run.began && run.isMade }) {
          slots.append(.gap(gap))
        }
        slots.append(.run(run))
      }
    }
    return Array(slots.suffix(Self.mostRuns))
  }

  /// Nil for a history without a value.
  func svg() -> String? {
    guard let primary = history.primary else { return nil }
    let slots = self.slots
    let runs = slots.compactMap { if case .run(let run) = $0 { run } else { nil } }
    let values = runs.compactMap { $0.median(of: primary.key) }
    guard !values.isEmpty else { return nil }
    let greatest = values.map { $0.high.isFinite ? $0.high : $0.low }.max() ?? 0
    let top = max(max(greatest, Double(primary.limit)) * 1.12, 1)
    let step = (width - Self.left - 12) / max(slots.reduce(0) { $0 + $1.size }, 8)
    func y(_ value: Double) -> Double { Self.bottom - min(value / top, 1) * Self.height }
    var svg = SVG()
    drawScale(&svg, top: top, y: y, primary)
    var x = Self.left + 6
    var limitFrom = (x: Self.left, limit: primary.limit)
    if case .run(let run)? = slots.first { limitFrom.limit = limit(of: run, primary) ?? primary.limit }
    var (lastMonth, lastDate) = ("", -1000.0)
    for (index, slot) in slots.enumerated() {
      let middle = x + step * slot.size / 2
      switch slot {
      case .change(let number):
        let room = slots[(index + 1)...].prefix { if case .change = $0 { false } else { true } }
          .reduce(0) { $0 + $1.size }
        drawChange(number, at: middle, room: room * step, &svg)
      case .gap(let gap):
        svg.rect(
          x + 1, Self.top, step * slot.size - 2, Self.height, "unknown", title: HistoryWords.gap(gap))
      case .run(let run):
        if let limit = limit(of: run, primary), limit != limitFrom.limit {
          svg.line(limitFrom.x, y(Double(limitFrom.limit)), x, y(Double(limitFrom.limit)), "limit-line")
          limitFrom = (x, limit)
        }
        if run.name == history.unknownChange?.after {
          drawBadge("?", at: x, title: "changed, though no recorded condition did", &svg)
        }
        svg.link(link(run)) { draw(run, primary, at: middle, y: y, step: step, &$0) }
        let day = CalendarDay(run.began)
        let month = "\(day.shortMonth) \(day.year % 100)"
        if month != lastMonth, middle - lastDate >= 52 {
          svg.text(middle, Self.bottom + 18, month, "axis", anchor: "middle")
          svg.line(middle, Self.bottom, middle, Self.bottom + 4, "tick")
          lastDate = middle
          lastMonth = month
        }
      }
      x += step * slot.size
    }
    svg.line(limitFrom.x, y(Double(limitFrom.limit)), width - 6, y(Double(limitFrom.limit)), "limit-line")
    svg.text(
      width - 6, y(Double(limitFrom.limit)) - 5, "\(Figures.demand(primary))", "limit-name", anchor: "end")
    let height = Self.bottom + 26
    let label = "\(primary.key) of \(Figures.things(runs.count, "run")): the median of each run's trials"
    return
      "<svg class=\"picture history\" viewBox=\"0 0 \(SVG.number(width)) \(SVG.number(height))\" role=\"img\""
      + " aria-label=\"\(Markup.escaped(label))\">\(svg.body)</svg>"
  }

  private func limit(of run: RunRecord, _ primary: Objective) -> Int64? {
    run.results.first { $0.objective.key == primary.key }?.objective.limit
  }

  private func drawScale(_ svg: inout SVG, top: Double, y: (Double) -> Double, _ primary: Objective) {
    let steps: [Double] =
      primary.metric.unit == .duration
      ? [1e6, 1e7, 1e8, 1e9, 2e9, 5e9, 1e10, 2e10, 3e10, 6e10, 12e10, 3e11, 6e11, 18e11, 36e11]
      : [1, 2, 5, 10, 20, 50, 100, 1000, 10_000, 100_000]
    let step = steps.first { top / $0 <= 6 } ?? top
    var value = 0.0
    while value <= top {
      svg.line(Self.left, y(value), width - 6, y(value), "grid")
      let text =
        primary.metric.unit == .duration
        ? Figures.limit(Nanoseconds(Int64(value))) : Figures.grouped(Int(value))
      svg.text(Self.left - 8, y(value) + 4, value == 0 ? "0" : text, "axis", anchor: "end")
      value += step
    }
  }

  /// A line with the segment's number, and its first key if there is space for it.
  private func drawChange(_ number: Int, at x: Double, room: Double, _ svg: inout SVG) {
    let changes = history.segments[number].changes
    drawBadge(
      "\(number)", at: x, title: changes.map(HistoryWords.change).joined(separator: "; "), &svg)
    let words = changes.count == 1 ? HistoryWords.change(changes[0]) : HistoryWords.keys(changes)
    for text in [words, changes.first?.key ?? ""]
    where SVG.fits(text, room) {
      svg.text(x + 14, Self.top - 13, text, "note")
      break
    }
  }

  private func drawBadge(_ text: String, at x: Double, title: String, _ svg: inout SVG) {
    svg.line(x, Self.top - 8, x, Self.bottom, "change")
    svg.rect(x - 9, Self.top - 26, 18, 18, "badge", radius: 9, title: title)
    svg.text(x, Self.top - 13, text, "badge-text", anchor: "middle")
  }

  private func draw(
    _ run: RunRecord, _ primary: Objective, at x: Double, y: (Double) -> Double, step: Double,
    _ svg: inout SVG
  ) {
    let size = min(max(step * 0.55, 3), 9)
    let day = CalendarDay(run.began).text
    guard let value = run.median(of: primary.key) else {
      let words = "\(day): \(HistoryWords.outcome(run.outcome))\(run.reason.map { ", \($0)" } ?? "")"
      if run.isMade {
        svg.rect(
          x - size / 2, Self.bottom - size - 2, size, size, "hollow", radius: size / 2, title: words)
      } else {
        svg.text(x, Self.bottom - 3, "×", "refused", anchor: "middle")
        svg.rect(x - step / 2, Self.bottom - 14, step, 14, "target", title: words)
      }
      return
    }
    let tone = HistoryWords.tone(run.outcome)
    let words =
      "\(day), \(run.name): \(ComparisonWords.bounds(value, of: primary.metric)), "
      + HistoryWords.outcome(run.outcome)
    let high = value.high.isFinite ? y(value.high) : Self.top
    svg.line(x, y(value.low), x, high, "whisker")
    if !value.high.isFinite {
      svg.path([(x - 5, Self.top + 8), (x, Self.top), (x + 5, Self.top + 8)], "arrow", title: words)
    }
    let middle = value.high.isFinite ? (y(value.low) + high) / 2 : y(value.low)
    // Shape and lightness differ too, so that a print in grey keeps the meaning.
    switch tone {
    case .good:
      svg.rect(x - size / 2, middle - size / 2, size, size, "mark-good", radius: size / 2, title: words)
    case .unsure:
      svg.rect(x - size / 2, middle - size / 2, size, size, "mark-unsure", radius: size / 2, title: words)
    case .bad: svg.rect(x - size / 2, middle - size / 2, size, size, "mark-bad", title: words)
    case .damage:
      svg.path(
        [(x - size * 0.7, middle + size / 2), (x, middle - size * 0.7), (x + size * 0.7, middle + size / 2)],
        "mark-damage", closed: true, title: words)
    case .open:
      svg.rect(x - size / 2, middle - size / 2, size, size, "hollow", radius: size / 2, title: words)
    }
  }
}
