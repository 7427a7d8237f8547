import Journal
import Metrics
import Scenario

/// A mark of the picture and what it means.
struct Legend {
  let style: String
  let text: String
  /// Further attributes of the mark, from this file alone.
  let fill: String

  private init(_ style: String, _ text: String, radius: Bool = false) {
    self.style = style
    self.text = text
    fill = radius ? " rx=\"2\"" : ""
  }

  /// The marks that a trial's picture uses.
  static func entries(_ trial: TrialMetrics, _ fleet: Fleet) -> [Legend] {
    var entries = [Legend("ok", "answers, whole, online"), Legend("fail", "fails, broken, offline")]
    entries.append(Legend("degraded", "copies missing, joining"))
    entries.append(Legend("fault", "a fault holds"))
    if trial.probes.contains(where: { $0.unknown + $0.unsent > 0 }) {
      entries.append(Legend("unknown", "not known"))
    }
    for (index, vm) in fleet.vms.enumerated() {
      entries.append(Legend("vm\(index % 4)", "\(vm.name) runs", radius: true))
    }
    if trial.placements.contains(where: { $0.segments.contains { $0.state == .paused } }) {
      entries.append(Legend("vm0 paused", "paused", radius: true))
    }
    if !trial.detections.isEmpty {
      entries.append(Legend("vm0 doubtful", "held to be there, not cleanly started", radius: true))
    }
    if trial.storage.contains(where: { $0.largestHealBacklog ?? 0 > 0 }) {
      entries.append(Legend("backlog", "heal backlog"))
    }
    if trial.writes.contains(where: { !$0.lostRanges.isEmpty }) {
      entries.append(Legend("lost", "write lost"))
    }
    return entries
  }
}
