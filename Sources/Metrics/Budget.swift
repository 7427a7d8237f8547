import Journal
import Scenario
import Views

/// The reaction time that a timer of the platform predicts, and the observed one.
package struct Budget: Encodable, Equatable, Sendable {
  package var view: String
  package var reaction: PlatformTimer.Reaction
  /// The observed host or probe.
  package var subject: String
  /// The timer's settings, as hosts reported them before the first fault.
  package var settings: String
  /// The reaction takes a time between these two, according to the timer alone.
  package var least: Nanoseconds
  package var most: Nanoseconds
  package var observed: Span

  /// The budgets of a trial: one of each manager's view for each host that a fault broke, and one of each storage view
  /// that missed a brick for each append probe.
  static func all(
    in trial: TrialRecord, detections: [Detection], storage: [StorageMetrics], probes: [ProbeMetrics]
  ) -> [Budget] {
    let fingerprints = trial.known.compactMap { entry in
      if case .hostSurveyed(let survey) = entry.event { survey.fingerprint } else { nil }
    }
    return trial.views.flatMap { view -> [Budget] in
      let timers = fingerprints.lazy.map { view.kind.timers($0) }.first { !$0.isEmpty } ?? []
      return timers.flatMap { timer -> [Budget] in
        let observed: [(subject: String, span: Span)] =
          switch timer.reaction {
          case .hostShownLost:
            detections.filter { $0.view == view.name && trial.began.fleet.host($0.object) != nil }.map {
              ($0.object, $0.time)
            }
          case .storageWaits:
            storage.contains { $0.view == view.name && $0.missedBrick }
              ? probes.filter { trial.began.fleet.probe($0.probe)?.kind == .append }.map {
                ($0.probe, $0.longestOutage)
              } : []
          }
        return observed.map {
          Budget(
            view: view.name, reaction: timer.reaction, subject: $0.subject, settings: timer.settings,
            least: timer.least, most: timer.most, observed: $0.span)
        }
      }
    }
  }
}

extension StorageMetrics {
  fileprivate var missedBrick: Bool {
    guard let bricks, let fewestBricks else { return false }
    return fewestBricks < bricks
  }
}
