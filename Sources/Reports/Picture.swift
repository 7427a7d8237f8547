import Journal
import Metrics
import Scenario
import Views

/// A picture of one trial: lanes for the services, the storage, the manager's belief and the truth on one time axis.
/// Faults are shaded across all lanes.
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
  let journal: RunJournal
  let trial: TrialMetrics
  let layout: Layout
  let axis: TimeAxis

  init(_ trial: TrialMetrics, began: RunBegan, journal: RunJournal, layout: Layout) {
    self.trial = trial
    self.began = began
    self.journal = journal
    self.layout = layout
    axis = TimeAxis(
      begin: trial.begin, end: max(trial.phases.last?.end ?? trial.end, trial.end),
      origin: trial.effective?.estimate ?? trial.begin, left: layout.left,
      width: layout.width - layout.left - layout.right)
  }

  func svg() -> String {
    var svg = SVG()
    let gap = 12.0
    let lanes = self.lanes()
    let tags = self.tags()
    let phaseHeight = 20.0
    let tagRows = Double((tags.map(\.row).max() ?? -1) + 1)
    let top = phaseHeight + 6 + tagRows * 17 + 4
    let bottom = lanes.reduce(top) { $0 + layout.nameHeight + $1.height + gap }
    let height = bottom + 34

    drawPhases(&svg, height: phaseHeight)
    // The shading is behind the lanes, whose colours have their own meanings. Its edges cross all lanes.
    for tag in tags { drawShade(&svg, tag, from: phaseHeight + 6, to: bottom) }
    for tick in axis.ticks(atMost: layout.ticks) {
      let x = axis.x(tick)
      svg.line(x, top, x, bottom, tick == axis.origin && trial.effective != nil ? "zero" : "grid")
      svg.line(x, bottom, x, bottom + 4, "tick")
      svg.text(x, bottom + 15, axis.label(tick), "axis", anchor: "middle")
    }
    let unit =
      trial.effective == nil ? "seconds since the trial began" : "seconds since the fault took effect"
    svg.text(axis.right, bottom + 29, unit, "axis", anchor: "end")

    var y = top
    for lane in lanes {
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
      lane.draw(&svg, y)
      y += lane.height + gap
    }
    for tag in tags { drawEdges(&svg, tag, from: phaseHeight + 6, to: bottom) }

    let box = "0 0 \(SVG.number(layout.width)) \(SVG.number(height))"
    let label = Markup.escaped(
      "Trial \(trial.trial) over time: services, storage, the manager's view and the truth")
    return "<svg class=\"picture \(layout == .wide ? "wide" : "narrow")\" viewBox=\"\(box)\" role=\"img\""
      + " aria-label=\"\(label)\">\n\(svg.body)</svg>"
  }

  private func lanes() -> [Lane] {
    let fleet = began.fleet
    var lanes = trial.probes.compactMap { metrics in fleet.probe(metrics.probe).map { probe($0, metrics) } }
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
    for phase in trial.phases {
      let (from, to) = (axis.x(phase.begin), axis.x(phase.end))
      let title = "\(phase.phase.rawValue), \(axis.range(phase.begin, phase.end))"
      svg.rect(from + 0.5, 0, max(to - from - 1, 1), height, "phase", radius: 3, title: title)
      if SVG.fits(phase.phase.rawValue, to - from) {
        svg.text((from + to) / 2, 14, phase.phase.rawValue, "phase-name", anchor: "middle")
      }
    }
  }

  /// A fault's name above the lanes.
  private struct Tag {
    let lease: LeaseMetrics
    let from: Nanoseconds
    let to: Nanoseconds
    let text: String
    var row: Int
  }

  /// The hosts that a lease's fault hits: its site, or the hosts of its step if the controller injects it.
  func victims(of lease: LeaseMetrics) -> [String] {
    if lease.host != Site.controller.name { return [lease.host] }
    return trial.choices.filter { $0.step == lease.step }.flatMap(\.hosts)
  }

  /// Leases of one step on several hosts have one shading each. Their names must not overlap.
  private func tags() -> [Tag] {
    var tags: [Tag] = []
    var ends: [Double] = []
    for lease in trial.leases {
      guard let effective = lease.effective else { continue }
      let text = "\(lease.fault) \(victims(of: lease).joined(separator: ", "))"
      let from = axis.x(effective.estimate)
      let end = from + Double(text.count) * 6.4 + 14
      let row = ends.firstIndex { $0 <= from } ?? ends.count
      if row == ends.count { ends.append(end) } else { ends[row] = end }
      tags.append(
        Tag(
          lease: lease, from: effective.estimate, to: lease.over?.estimate ?? axis.end, text: text,
          row: row))
    }
    return tags
  }

  private func drawShade(_ svg: inout SVG, _ tag: Tag, from top: Double, to bottom: Double) {
    let (from, to) = (axis.x(tag.from), axis.x(tag.to))
    let y = top + Double(tag.row) * 17
    let end = Wording.end(of: tag.lease) ?? "revert not observed"
    let title = "\(tag.text): \(tag.lease.object), effective \(axis.range(tag.from, tag.to)), \(end)"
    svg.rect(from, y, to - from, bottom - y, "fault", title: title)
    let width = Double(tag.text.count) * 6.4
    if from + width + 12 <= axis.right {
      svg.text(from + 5, y + 12, tag.text, "fault-name")
    } else {
      svg.text(from - 5, y + 12, tag.text, "fault-name", anchor: "end")
    }
  }

  private func drawEdges(_ svg: inout SVG, _ tag: Tag, from top: Double, to bottom: Double) {
    let (from, to) = (axis.x(tag.from), axis.x(tag.to))
    let y = top + Double(tag.row) * 17
    svg.line(from, y, from, bottom, "fault-edge")
    if tag.lease.over == nil {
      svg.openArrow(to, y + 8, "\(tag.text): revert not observed")
    } else {
      svg.line(to, y, to, bottom, "fault-edge")
    }
  }

  /// A name shortened to the available space.
  static func cut(_ name: String, _ length: Int) -> String {
    name.count <= length ? name : name.prefix(length - 1) + "…"
  }
}
