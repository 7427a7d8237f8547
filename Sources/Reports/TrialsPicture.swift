import Journal
import Metrics
import Scenario

/// All trials of a run in one picture. Each has a thin row with the service's outages since the effect, with the
/// shortest downtime first. Whiskers are bounds. An arrow is an end that was not observed.
struct TrialsPicture {
  private let layout: Picture.Layout
  private let probe: String
  private let limit: Objective?
  /// All trials, also the void ones, with their outages.
  private let rows: [(trial: TrialMetrics, outages: [Outage])]
  private let omitted: Int

  /// The maximum number of rows, so that the picture fits on a sheet of paper.
  private static let most = 60
  private static let rowHeight = 13.0

  init(_ metrics: RunMetrics, _ began: RunBegan, _ layout: Picture.Layout) {
    self.layout = layout
    limit = began.scenario.objectives.first { $0.metric == .downtime && $0.relation == .max }
    let probe = limit?.subject ?? began.scenario.steady.probes.first ?? ""
    self.probe = probe
    func rank(_ trial: TrialMetrics) -> (Bool, Int64, Int) {
      let downtime: Int64 =
        switch trial.probes.first(where: { $0.probe == probe })?.downtime {
        case .measured(let interval): interval.estimate.count
        case .censored: .max
        case .notObserved, nil: -1
        }
      return (trial.void != nil, downtime, trial.trial)
    }
    let sorted = metrics.trials.sorted { one, other in
      let (left, right) = (rank(one), rank(other))
      if left.0 != right.0 { return !left.0 }
      return (left.1, left.2) < (right.1, right.2)
    }
    // If there are too many trials, the longest downtimes are kept, since they matter most.
    rows = sorted.suffix(Self.most).map { trial in
      (trial, trial.probes.first { $0.probe == probe }?.outages ?? [])
    }
    omitted = sorted.count - rows.count
  }

  func svg() -> String {
    let ends = rows.flatMap { row in
      row.outages.map { ($0.firstAnswer ?? $0.firstOk ?? row.trial.end) - origin(row.trial) }
    }
    let last = max(
      ends.max() ?? .seconds(1), limit.map { Nanoseconds($0.limit) * 11 / 10 } ?? .zero, .seconds(1))
    let axis = TimeAxis(
      begin: .zero, end: last, origin: .zero, left: 64, width: layout.width - 64 - layout.right)
    let top = 18.0
    let bottom = top + Double(rows.count) * Self.rowHeight + 4
    var svg = SVG()
    for tick in axis.ticks(atMost: layout.ticks) {
      let x = axis.x(tick)
      svg.line(x, top, x, bottom, "grid")
      svg.text(x, bottom + 13, axis.label(tick), "axis", anchor: "middle")
    }
    svg.text(axis.right, bottom + 27, "seconds since the fault took effect", "axis", anchor: "end")
    for (index, row) in rows.enumerated() {
      draw(row.trial, row.outages, &svg, axis, top: top + Double(index) * Self.rowHeight)
    }
    if let limit {
      let x = axis.x(Nanoseconds(limit.limit))
      svg.line(x, top - 3, x, bottom, "limit-line")
      svg.text(
        x - 5, 11, "\(probe) allowed \(Figures.limit(Nanoseconds(limit.limit)))", "limit-name", anchor: "end")
    }
    if omitted > 0 {
      svg.text(0, bottom + 27, "and \(Figures.things(omitted, "trial")) with a shorter downtime", "axis")
    }
    let label = "Downtime of \(probe) in each trial, the shortest first"
    return "<svg class=\"picture \(layout == .wide ? "wide" : "narrow")\" role=\"img\""
      + " viewBox=\"0 0 \(SVG.number(layout.width)) \(SVG.number(bottom + 32))\""
      + " aria-label=\"\(Markup.escaped(label))\">\n\(svg.body)</svg>"
  }

  private func origin(_ trial: TrialMetrics) -> Nanoseconds { trial.effective?.estimate ?? trial.begin }

  private func draw(
    _ trial: TrialMetrics, _ outages: [Outage], _ svg: inout SVG, _ axis: TimeAxis, top: Double
  ) {
    let (height, zero) = (Self.rowHeight - 3, origin(trial))
    svg.text(axis.left - 6, top + height - 1, "trial \(trial.trial)", "host", anchor: "end")
    svg.rect(axis.left, top, axis.width, height, trial.void == nil ? "ok" : "unknown", title: trial.void)
    for outage in outages where trial.void == nil {
      let from = axis.x(outage.firstFail - zero)
      let to = axis.x((outage.firstOk ?? trial.end) - zero)
      svg.rect(
        from, top, max(to - from, 1), height, "fail",
        title: "trial \(trial.trial): \(probe) down for \(Figures.span(outage.length))")
      guard let answer = outage.firstAnswer else {
        svg.openArrow(min(to + 10, layout.width - 1), top + height / 2, "end not observed")
        continue
      }
      let (low, high, y) = (axis.x(outage.lastFail - zero), axis.x(answer - zero), top + height / 2)
      if high - low >= 2 {
        for x in [low, high] { svg.line(x, y - 3, x, y + 3, "whisker") }
        svg.line(low, y, high, y, "whisker")
      }
    }
    if trial.void == nil, let downtime = trial.probes.first(where: { $0.probe == probe })?.downtime {
      let end = outages.last.map { axis.x(($0.firstOk ?? trial.end) - zero) } ?? axis.left
      let text = Figures.short(downtime)
      if end + Double(text.count) * 6 + 16 < axis.right {
        svg.text(end + 6, top + height - 1, text, "figure")
      }
    } else if trial.void != nil {
      svg.text(axis.left + 5, top + height - 1, "void", "figure")
    }
  }
}
