import Journal
import Scenario
import Views

/// When a manager's view, or one that gives a verdict, first showed an object that a fault had broken as failed.
package struct Detection: Encodable, Equatable, Sendable {
  package var view: String
  /// The host or virtual machine of the fleet that was broken.
  package var object: String
  /// How the view showed it: `offline`, `Stopped`, `HostDown`; nil if it showed no failure.
  package var shown: String?
  /// The age of the data by which the view showed it, by the clock of their source: the source had measured it at least this
  /// time before. Nil if it showed no failure, or the source doesn't report it.
  package var age: Nanoseconds?
  /// When the view showed it, minus the time of the effect. If the view showed no failure, it is censored at the revert, or
  /// after an instant fault at the trial's end.
  package var time: Span
  /// When the view showed it; nil if it showed no failure.
  var seen: Interval?

  private enum CodingKeys: String, CodingKey { case view, object, shown, age, time }

  /// One detection for each object that an effective fault of the trial broke. A healthy host that a manager shows as failed
  /// is not detected; it is a wrong belief (``ManagerAccuracy``).
  static func all(_ view: Fleet.View, in trial: TrialRecord) -> [Detection] {
    switch view.kind.form {
    case .manager: all(view, trial.manager(view), in: trial, host: host, vm: vm)
    case .verdict: all(view, trial.verdict(view), in: trial, host: complaint, vm: complaint)
    case .storage, nil: []
    }
  }

  private static func all<State>(
    _ view: Fleet.View, _ trace: ViewTrace<State>, in trial: TrialRecord,
    host: (String, Fleet) -> Appearance<State>, vm: (String, Fleet) -> Appearance<State>
  ) -> [Detection] {
    var detections: [Detection] = []
    for choice in trial.choices {
      guard let effective = trial.effective(step: choice.step),
        trial.leases.contains(where: { $0.step == choice.step && !$0.breaksNothing(trial.choices) })
      else { continue }
      // A step on a virtual machine also names its host, which is not broken.
      for object in choice.vms.isEmpty ? choice.hosts : choice.vms {
        let leases = trial.leases.filter {
          $0.step == choice.step && (!choice.vms.isEmpty || $0.victims(trial.choices).contains(object))
        }
        let began = leases.compactMap(\.effective).min { $0.estimate < $1.estimate } ?? effective
        // An instant fault is over at once, and what it broke stays broken.
        let ended =
          leases.contains { $0.instant == true }
          ? nil : leases.compactMap(\.over).max { $0.estimate < $1.estimate }
        let fleet = trial.began.fleet
        let shown = choice.vms.isEmpty ? host(object, fleet) : vm(object, fleet)
        let isShown = trace.sights.contains { $0.state.map { shown.isShown($0) } ?? false }
        var detection = Detection(
          view: view.name, object: object, trace, began: began, ended: ended, end: trial.end, shown.failure)
        if !isShown, trace.sights.contains(where: { $0.state != nil }) {
          let thing = choice.vms.isEmpty ? "node" : "resource"
          detection.time = .notObserved(reason: "the view shows no \(thing) that is known to be \(object)")
        }
        detections.append(detection)
      }
    }
    return detections
  }

  private init<State>(
    view: String, object: String, _ trace: ViewTrace<State>, began: Interval, ended: Interval?,
    end: Nanoseconds, _ failure: (State) -> String?
  ) {
    self.view = view
    self.object = object
    let sights = trace.sights
    let before = sights.last { $0.at < began.low && $0.state != nil }
    if let state = before?.state, let shown = failure(state) {
      self.shown = nil
      time = .notObserved(reason: "it was shown as \(shown) before the fault")
      return
    }
    guard sights.contains(where: { $0.state != nil }) else {
      shown = nil
      time = .notObserved(reason: "the view reported nothing")
      return
    }
    // What the view shows after the fault's end belongs to the recovery.
    let limit = min(ended.map { $0.high + trace.every } ?? end, end)
    let found = sights.indices.first { index in
      sights[index].at >= began.low && sights[index].at <= limit
        && sights[index].state.flatMap(failure) != nil
    }
    guard let found else {
      shown = nil
      time = .censored(moreThan: max((ended.map { min($0.low, end) } ?? end) - began.high, .zero))
      return
    }
    shown = sights[found].state.flatMap(failure)
    age = (sights[found].state as? Verdict)?.age
    let seen = trace.change(at: found)
    self.seen = seen
    time = .measured(seen.since(began).notNegative)
  }

  /// How a view shows an object.
  private struct Appearance<State> {
    /// Whether the view shows it at all.
    var isShown: (State) -> Bool
    /// The failure that it shows; nil if it shows none.
    var failure: (State) -> String?
  }

  /// An object appears as a complaint that names it, or as a complaint about a service, which names no host and no
  /// virtual machine of the fleet.
  private static func complaint(_ name: String, in fleet: Fleet) -> Appearance<Verdict> {
    let others = (fleet.hosts.map(\.name) + fleet.vms.map(\.name)).filter { $0 != name }
    return Appearance(isShown: { _ in true }) { verdict in
      verdict.complaints.first { complaint in
        let alone = Verdict(complaints: [complaint])
        return alone.isDown(name, in: fleet) == true
          || !others.contains { alone.isDown($0, in: fleet) == true }
      }?.name
    }
  }

  /// A host appears as its node.
  private static func host(_ name: String, in fleet: Fleet) -> Appearance<ManagerState> {
    Appearance(
      isShown: { $0.node(of: name, in: fleet) != nil },
      failure: { $0.state(of: name, in: fleet).flatMap { $0 == "online" ? nil : $0 } })
  }

  /// A virtual machine appears as its resource.
  private static func vm(_ name: String, in fleet: Fleet) -> Appearance<ManagerState> {
    func resource(_ state: ManagerState) -> ManagerState.Resource? {
      fleet.vm(name).flatMap { state.resource(of: $0) }
    }
    return Appearance(isShown: { resource($0) != nil }) { state in
      guard let resource = resource(state) else { return nil }
      if resource.failed { return "failed" }
      if resource.blocked { return "blocked" }
      if resource.role != "Started" { return resource.role }
      return resource.nodes.count == 1 ? nil : "on \(resource.nodes.count) nodes"
    }
  }
}
