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

  /// The budgets of a trial.
  ///
  /// - Of each manager's view: one for each host that a fault broke as a whole, or that the view showed as lost; one for
  ///   each virtual machine that a fault broke; and one for each that ran on a host that the view showed as lost.
  /// - Of each channel of alerts: one for each object whose alert fired at the alert manager and was delivered.
  /// - Of each storage view that missed a brick: one for each append probe.
  static func all(
    in trial: TrialRecord, detections: [Detection], storage: [StorageMetrics], probes: [ProbeMetrics],
    placements: [Placement]
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
            detections.filter { detection in
              detection.view == view.name && trial.began.fleet.host(detection.object) != nil
                && (detection.shown != nil || trial.breaksWhole(detection.object))
            }.map { ($0.object, $0.time) }
          case .machineShownFailed:
            detections.filter { detection in
              detection.view == view.name
                && trial.began.fleet.vm(detection.object)?.names.contains(timer.object ?? "") ?? false
            }.map { ($0.object, $0.time) }
          case .machineStarted:
            placements.compactMap { placement in
              guard let vm = trial.began.fleet.vm(placement.vm), vm.names.contains(timer.object ?? ""),
                let move = Move(vm, placement: placement, in: trial),
                detections.contains(where: {
                  $0.view == view.name && $0.object == move.home && $0.time.interval != nil
                })
              else { return nil }
              return (vm.name, Self.started(move, in: trial))
            }
          case .alertDelivered:
            detections.filter { $0.view == view.name }.compactMap { delivery in
              Self.delivered(delivery, from: view, detections, in: trial).map { (delivery.object, $0) }
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

  /// From the query that found the alert at the alert manager until its delivery. Nil if it was not observed at both.
  private static func delivered(
    _ delivery: Detection, from view: Fleet.View, _ detections: [Detection], in trial: TrialRecord
  ) -> Span? {
    let firing = detections.first { detection in
      detection.object == delivery.object
        && trial.began.fleet.view(detection.view)?.kind.alertmanager == view.kind.alertmanager
        && detection.view != view.name
    }
    guard let fired = firing?.time.interval, let delivered = delivery.time.interval else { return nil }
    return .measured(delivered.since(fired).notNegative)
  }

  /// From the effect until the virtual machine ran on another host.
  private static func started(_ move: Move, in trial: TrialRecord) -> Span {
    guard let moved = move.moved else {
      return .censored(moreThan: max(trial.end - move.effective.high, .zero))
    }
    return .measured(
      Interval(moved.begin, uncertainty: moved.uncertainty).since(move.effective).notNegative)
  }
}

extension TrialRecord {
  /// Whether a fault broke a host as a whole. The host of a dead brick, or of a stopped process, still answers its manager.
  fileprivate func breaksWhole(_ host: String) -> Bool {
    leases.contains {
      $0.fault.hasPrefix("host.") && $0.effective != nil && $0.victims(choices).contains(host)
    }
  }
}

extension StorageMetrics {
  fileprivate var missedBrick: Bool {
    guard let bricks, let fewestBricks else { return false }
    return fewestBricks < bricks
  }
}
