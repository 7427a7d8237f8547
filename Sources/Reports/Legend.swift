import Journal
import Metrics
import Scenario

/// A mark in the picture, with its meaning.
struct Legend {
  /// The mark, in a box of 22 by 12.
  let mark: String
  let text: String

  private init(_ style: String, _ text: String, radius: Double = 0) {
    var svg = SVG()
    svg.rect(0.5, 0.5, 21, 11, style, radius: radius)
    self.init(svg, text)
  }

  private init(_ svg: SVG, _ text: String) {
    mark = svg.body
    self.text = text
  }

  private init(_ text: String, _ draw: (inout SVG) -> Void) {
    var svg = SVG()
    draw(&svg)
    self.init(svg, text)
  }

  /// The marks that a trial's picture uses.
  ///
  /// - Parameter picture: the drawn picture.
  static func entries(
    _ trial: TrialMetrics, _ began: RunBegan, _ entries: [Entry], _ picture: String
  ) -> [Legend] {
    let seen = Seen(trial, began, entries)
    func has(_ style: String) -> Bool { picture.contains("class=\"\(style)\"") }
    var entries = [Legend("ok", "answers, whole, online"), Legend("fail", "fails, broken, offline")]
    if seen.isDegraded { entries.append(Legend("degraded", "copies missing, joining")) }
    if trial.disagreements != nil {
      entries.append(Legend("otherwise", "differs from the belief that the run used"))
    }
    if has("wrong") { entries.append(Legend("wrong", "wrong belief")) }
    if seen.isUnknown { entries.append(Legend("unknown", "not known")) }
    if !trial.probes.isEmpty {
      entries.append(
        Legend("latency, 1 ms to the probe’s timeout, logarithmic") {
          $0.path([(1, 10), (8, 9), (12, 3), (16, 9), (21, 10)], "latency")
        })
      if has("steady") {
        entries.append(
          Legend("normal latency") {
            $0.rect(0.5, 0.5, 21, 11, "ok")
            $0.rect(0.5, 4, 21, 7.5, "steady")
          })
      }
      if has("whisker") {
        entries.append(
          Legend("the range in which it began or ended") {
            for x in [3.0, 19] { $0.line(x, 2, x, 10, "whisker") }
            $0.line(3, 6, 19, 6, "whisker")
          })
      }
    }
    if has("limit-line") {
      entries.append(Legend("limit of the scenario") { $0.line(11, 0, 11, 12, "limit-line") })
    }
    if has("ghost") {
      entries.append(Legend("ghost", "what the platform’s own timer predicts"))
    }
    if trial.effective != nil {
      entries.append(
        Legend("a fault is active") {
          $0.rect(1, 1, 20, 5, "fault")
          $0.line(1, 1, 1, 12, "fault-end")
          $0.line(21, 1, 21, 12, "fault-end")
        })
      if has("pole") {
        entries.append(
          Legend("milestone") {
            $0.line(4, 0, 4, 12, "pole")
            $0.path([(4, 1), (13, 5), (4, 9)], "flag", closed: true)
          })
      }
      if !trial.placements.isEmpty {
        entries.append(
          Legend("on this host") {
            $0.rect(0.5, 0.5, 21, 11, "row")
            $0.rect(0.5, 0.5, 21, 11, "hit")
          })
      }
    }
    for (index, vm) in began.fleet.vms.enumerated() {
      entries.append(Legend("vm\(index % 4)", "\(vm.name) runs", radius: 2))
    }
    if seen.isPaused { entries.append(Legend("vm0 paused", "paused", radius: 2)) }
    if seen.isLost { entries.append(Legend("vm0 lost-sight", "not observable", radius: 2)) }
    if seen.isDoubtful {
      entries.append(Legend("vm0 doubtful", "believed to be there, not cleanly started", radius: 2))
    }
    if seen.isHealing {
      entries.append(
        Legend("heal backlog") {
          $0.path([(0.5, 11.5), (8, 3), (16, 5), (21.5, 11.5)], "backlog", closed: true)
          $0.path([(0.5, 11.5), (8, 3), (16, 5), (21.5, 11.5)], "backlog-line")
        })
    }
    if trial.writes.contains(where: { !$0.lostRanges.isEmpty }) {
      entries.append(
        Legend("write lost") {
          $0.rect(7, 7, 8, 5, "lost")
          $0.path([(11, 7), (6, 0.5), (16, 0.5)], "lost", closed: true)
        })
    }
    if seen.isSplit { entries.append(Legend("entries in split-brain") { $0.rect(0.5, 7, 21, 5, "lost") }) }
    if seen.isOpenEnded {
      entries.append(Legend("end not observed") { $0.openArrow(16, 6, "end not observed") })
    }
    return entries
  }

  /// The marks in the lanes of a trial's picture.
  private struct Seen {
    var isDegraded = false
    var isUnknown = false
    var isPaused = false
    var isLost = false
    var isDoubtful = false
    var isHealing = false
    var isSplit = false
    var isOpenEnded = false

    init(_ trial: TrialMetrics, _ began: RunBegan, _ entries: [Entry]) {
      isUnknown = trial.probes.contains { $0.unknown + $0.unsent > 0 }
      isOpenEnded =
        trial.probes.contains { $0.outages.contains { $0.firstOk == nil } }
        || trial.leases.contains { $0.effective != nil && $0.over == nil }
      let segments = trial.placements.flatMap(\.segments)
      isPaused = segments.contains { $0.state == .paused }
      isLost = segments.contains { $0.state == nil }
      // A view's state lasts until its next state, so the last one before the trial counts.
      var last: [String: Event] = [:]
      for entry in entries where entry.at <= trial.end {
        guard case .viewSeen(let view, _, _, isAside: false) = entry.event else { continue }
        guard began.scenario.steady.views.contains(view) else { continue }
        if entry.at <= trial.begin { last[view] = entry.event } else { take(entry.event, began.fleet) }
      }
      for event in last.values { take(event, began.fleet) }
    }

    private mutating func take(_ event: Event, _ fleet: Fleet) {
      switch event {
      case .viewSeen(_, .storage(let state), _, _):
        if state.unknown != nil {
          isUnknown = true
          return
        }
        isDegraded = isDegraded || state.bricksOnline < state.bricks && state.bricksOnline * 2 > state.bricks
        isHealing = isHealing || state.healBacklog > 0
        isSplit = isSplit || state.splitBrain > 0
      case .viewSeen(_, .manager(let state), _, _):
        if state.unknown != nil {
          isUnknown = true
          return
        }
        isDegraded =
          isDegraded || state.nodes.values.contains { ["standby", "maintenance", "pending"].contains($0) }
        let resources = fleet.vms.compactMap(state.resource)
        isDoubtful =
          isDoubtful
          || resources.contains { !$0.nodes.isEmpty && ($0.role != "Started" || $0.failed || $0.blocked) }
      case .viewSeen(_, .verdict(let verdict), _, _): if verdict.unknown != nil { isUnknown = true }
      default: break
      }
    }
  }
}
