import Journal
import Metrics
import Scenario
import Views

/// A picture of one trial: lanes for the services, the wrong beliefs of views, the storage, the manager's belief and the
/// truth on one time axis. The faults are brackets above the lanes, and the milestones are flags below them.
struct Picture {
  /// The available width.
  enum Layout {
    /// A screen or a sheet of paper: the lanes' names are beside the lanes.
    case wide
    /// A phone: the lanes' names are above the lanes.
    case narrow

    var width: Double { self == .wide ? 1080 : 400 }
    var left: Double { self == .wide ? 176 : 58 }
    var right: Double { self == .wide ? 40 : 4 }
    var nameHeight: Double { self == .wide ? 0 : 18 }
    var ticks: Int { self == .wide ? 14 : 7 }
  }

  /// One lane of the picture. Its drawing function gets the top coordinate.
  struct Lane {
    var name: String
    var note: String
    /// The host whose belief it shows.
    var source: String?
    var height: Double
    var draw: (inout SVG, Double) -> Void
  }

  let began: RunBegan
  /// What the trial needs of the run's entries.
  let entries: [Entry]
  let trace: TrialTrace?
  let trial: TrialMetrics
  let layout: Layout
  let axis: TimeAxis

  init(_ trial: TrialMetrics, began: RunBegan, entries: [Entry], trace: TrialTrace?, layout: Layout) {
    self.trial = trial
    self.began = began
    self.entries = entries
    self.trace = trace
    self.layout = layout
    axis = TimeAxis(trial, layout)
  }

  func svg() -> String {
    var svg = SVG()
    let gap = 12.0
    let lanes = self.lanes()
    let tags = self.tags()
    let phaseHeight = 20.0
    let tagRows = Double((tags.map(\.row).max() ?? -1) + 1)
    let top = phaseHeight + 6 + tagRows * Self.tagHeight + (layout == .wide ? 12 : 4)
    let predictions = lanes.map { self.predictions(on: $0) }
    let bottom = zip(lanes, predictions).reduce(top) { sum, lane in
      sum + layout.nameHeight + lane.0.height + Double(lane.1.count) * Self.predictionHeight + gap
    }
    let flags = self.flags()
    let flagRows = Double((flags.map(\.row).max() ?? -1) + 1)
    let height = bottom + 36 + flagRows * Self.flagHeight

    drawPhases(&svg, height: phaseHeight)
    for tick in axis.ticks(atMost: layout.ticks) {
      let x = axis.x(tick)
      svg.line(x, top, x, bottom, tick == axis.origin && trial.effective != nil ? "zero" : "grid")
      svg.line(x, bottom, x, bottom + 4, "tick")
      let label = axis.label(tick)
      let isLast = x + Double(label.count) * 3.2 > layout.width
      svg.text(isLast ? layout.width : x, bottom + 15, label, "axis", anchor: isLast ? "end" : "middle")
    }
    let unit =
      trial.effective == nil ? "seconds since the trial began" : "seconds since the fault took effect"
    svg.text(axis.right, height - 3, unit, "axis", anchor: "end")
    draw(flags, &svg, from: bottom + 22)

    var y = top
    for (lane, predictions) in zip(lanes, predictions) {
      if layout == .wide {
        svg.text(0, y + 13, Self.cut(lane.name, 20), "lane")
        svg.text(0, y + 27, lane.note, "note")
        if let source = lane.source { svg.text(0, y + 40, source, "note") }
      } else {
        svg.text(0, y + 12, Self.cut(lane.name, 32), "lane")
        let note = lane.note + (lane.source.map { ", \($0)" } ?? "")
        svg.text(axis.right, y + 12, note, "note", anchor: "end")
      }
      y += layout.nameHeight
      svg.lane(lane.name) { svg in
        lane.draw(&svg, y)
        draw(limits(on: lane), &svg, from: y, to: y + lane.height)
        draw(predictions, &svg, from: y + lane.height)
      }
      y += lane.height + Double(predictions.count) * Self.predictionHeight + gap
    }
    for tag in tags { draw(tag, &svg, from: phaseHeight + 6, to: bottom) }

    let box = "0 0 \(SVG.number(layout.width)) \(SVG.number(height))"
    let label = Markup.escaped(
      "Trial \(trial.trial) over time: \(lanes.map(\.name).joined(separator: ", "))")
    let span = [axis.begin, axis.end].map { String(axis.milliseconds($0)) }
    let place = [axis.left, axis.width].map(SVG.number)
    return "<svg class=\"picture \(layout == .wide ? "wide" : "narrow")\" viewBox=\"\(box)\" role=\"img\""
      + " data-axis=\"\((span + place).joined(separator: " "))\""
      + " aria-label=\"\(label)\">\n\(svg.body)</svg>"
  }

  private func lanes() -> [Lane] {
    let fleet = began.fleet
    var lanes = trial.probes.compactMap { metrics in fleet.probe(metrics.probe).map { probe($0, metrics) } }
    if let disagreement = disagreement() { lanes.append(disagreement) }
    for view in began.scenario.steady.views.compactMap({ fleet.view($0) }) {
      switch view.kind.form {
      case .storage: lanes.append(storage(view))
      case .manager: lanes.append(manager(view))
      case .verdict: lanes.append(verdict(view))
      case nil: break
      }
      if let sides = sides(view) { lanes.append(sides) }
    }
    if !trial.placements.isEmpty { lanes.append(truth()) }
    return lanes
  }

  private func drawPhases(_ svg: inout SVG, height: Double) {
    svg.lane("phase") { svg in
      for phase in trial.phases {
        let (from, to) = (axis.x(phase.begin), axis.x(phase.end))
        let title = "\(phase.phase.rawValue), \(axis.range(phase.begin, phase.end))"
        svg.rect(
          from + 0.5, 0, max(to - from - 1, 1), height, "phase", radius: 3, title: title,
          reading: axis.reading(phase.phase.rawValue, phase.begin, phase.end))
        if SVG.fits(phase.phase.rawValue, to - from) {
          svg.text((from + to) / 2, 14, phase.phase.rawValue, "phase-name", anchor: "middle")
        }
      }
    }
  }

  /// A fault's bracket above the lanes.
  private struct Tag {
    let lease: LeaseMetrics
    let from: Nanoseconds
    let to: Nanoseconds
    let text: String
    var row: Int
  }

  private static let tagHeight = 26.0

  /// Leases of one step on several hosts have one bracket each. The brackets and their names must not overlap.
  private func tags() -> [Tag] {
    var tags: [Tag] = []
    var ends: [Double] = []
    for lease in trial.leases {
      guard let effective = lease.effective else { continue }
      let text = "\(lease.fault) \(lease.victims(trial.choices).joined(separator: ", "))"
      let from = axis.x(effective.estimate)
      let end = max(
        from + Double(text.count) * 6.4 + 14, axis.x(lease.over?.estimate ?? axis.end) + 2)
      let row = ends.firstIndex { $0 <= from } ?? ends.count
      if row == ends.count { ends.append(end) } else { ends[row] = end }
      tags.append(
        Tag(
          lease: lease, from: effective.estimate, to: lease.over?.estimate ?? axis.end, text: text,
          row: row))
    }
    return tags
  }

  private func draw(_ tag: Tag, _ svg: inout SVG, from top: Double, to bottom: Double) {
    let (from, to) = (axis.x(tag.from), max(axis.x(tag.to), axis.x(tag.from) + 1))
    let y = top + Double(tag.row) * Self.tagHeight
    let end = Wording.end(of: tag.lease) ?? "revert not observed"
    let title = "\(tag.text): \(tag.lease.object), effective \(axis.range(tag.from, tag.to)), \(end)"
    svg.lane("fault") { svg in
      svg.rect(
        from, y + 15, to - from, 5, "fault", title: title,
        reading: axis.reading(tag.text, tag.from, tag.to))
      svg.line(from, y + 15, from, y + Self.tagHeight, "fault-end")
      if tag.lease.over == nil {
        svg.openArrow(to + 4, y + 17.5, "\(tag.text): revert not observed")
      } else {
        svg.line(to, y + 15, to, y + Self.tagHeight, "fault-end")
      }
      let isLate = from + Double(tag.text.count) * 6.4 > axis.right
      svg.text(isLate ? axis.right : from, y + 11, tag.text, "fault-name", anchor: isLate ? "end" : "start")
    }
    if tag.lease.over != nil { svg.line(to, y + Self.tagHeight, to, bottom, "fault-edge") }
  }

  /// A name shortened to the available space.
  static func cut(_ name: String, _ length: Int) -> String {
    name.count <= length ? name : name.prefix(length - 1) + "…"
  }
}
