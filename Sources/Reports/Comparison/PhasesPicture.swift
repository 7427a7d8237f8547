import Comparison
import Metrics
import Scenario

/// The median phases of both sides, stacked from the first effect. Each side has its own order of milestones.
struct PhasesPicture {
  private let phases: [PhaseDifference]
  /// The milestone that ends the phase that changed most.
  private let changed: Milestone.Kind?
  private let hasManager: Bool
  private let layout: Picture.Layout

  /// Nil if no phase took any time.
  init?(_ comparison: SideComparison, _ layout: Picture.Layout) {
    phases = comparison.phases
    changed = comparison.changedPhase?.until
    hasManager = comparison.hasManager
    self.layout = layout
    if total <= .zero { return nil }
  }

  /// A milestone and its time after the first effect.
  private struct Reached {
    let kind: Milestone.Kind
    let at: Nanoseconds
  }

  /// The milestones of a side, in their order there.
  private func milestones(_ length: (PhaseDifference) -> Nanoseconds?) -> [Reached] {
    var end = Nanoseconds.zero
    return phases.map { phase in
      end = end + (length(phase) ?? .zero)
      return Reached(kind: phase.until, at: end)
    }.sorted { $0.at < $1.at }
  }

  private var sides: [(name: String, milestones: [Reached])] {
    [("base", milestones(\.base)), ("candidate", milestones(\.candidate))]
  }

  private var total: Nanoseconds { sides.compactMap { $0.milestones.last?.at }.max() ?? .zero }

  func svg() -> String {
    var svg = SVG()
    let (left, right) = (ComparisonPicture.left(layout), ComparisonPicture.right(layout))
    // There is space for the time at the end of a bar.
    let scale = (right - left - 60) / total.inSeconds
    var y = 4.0
    for side in sides {
      svg.text(0, y + 18, side.name, "label")
      var begin = Nanoseconds.zero
      for milestone in side.milestones {
        let (kind, end) = (milestone.kind, milestone.at)
        defer { begin = end }
        if end <= begin { continue }
        let (x, width) = (left + begin.inSeconds * scale, (end - begin).inSeconds * scale)
        let style = RecoveryWay.style(until: kind)
        let name = Wording.milestone(kind, hasManager: hasManager)
        svg.rect(
          x, y, max(width - 2, 1), 26, kind == changed ? "\(style) changed" : style, radius: 2,
          title: "\(side.name), until \(name): \(Figures.time(end - begin))")
        if SVG.fits(name, width) { svg.text(x + width / 2, y + 18, name, "\(style)-text", anchor: "middle") }
      }
      svg.text(left + begin.inSeconds * scale + 4, y + 18, Figures.time(begin), "label")
      y += 34
    }
    drawLegend(&svg, from: left, to: right, y: &y)
    return ComparisonPicture.element(svg, layout, height: y, label: "the phases of both sides, medians")
  }

  private func drawLegend(_ svg: inout SVG, from left: Double, to right: Double, y: inout Double) {
    var x = left
    y += 6
    for phase in phases {
      let name = Wording.milestone(phase.until, hasManager: hasManager)
      let text = "until \(name)\(phase.until == changed ? ", changed most" : "")"
      let width = Double(text.count) * 6.6 + 36
      if x > left, x + width > right { (x, y) = (left, y + 19) }
      svg.rect(x, y, 12, 12, RecoveryWay.style(until: phase.until), radius: 2)
      svg.text(x + 18, y + 10, text, "note")
      x += width
    }
    y += 19
  }
}
