import Journal
import Scenario

/// When a manager's view first showed that something broken was broken.
public struct Detection: Encodable, Equatable, Sendable {
  /// The view.
  public var view: String
  /// What was broken: a host or a virtual machine of the fleet.
  public var object: String
  /// What the view showed of it: `offline`, `Stopped`; nil where it showed nothing amiss.
  public var shown: String?
  /// When, minus effective; censored at the revert where the view showed nothing amiss until then.
  public var time: Span

  /// One for each object that a fault of the trial broke and became effective.
  static func all(_ view: Fleet.View, in trial: TrialRecord) -> [Detection] {
    let trace = trial.manager(view)
    var detections: [Detection] = []
    for choice in trial.choices {
      guard let effective = trial.effective(step: choice.step) else { continue }
      // A step on a virtual machine names its host too, on which nothing is broken.
      for object in choice.vms.isEmpty ? choice.hosts : choice.vms {
        let leases = trial.leases.filter {
          $0.step == choice.step && (!choice.vms.isEmpty || $0.host == object)
        }
        let began = leases.compactMap(\.effective).min { $0.estimate < $1.estimate } ?? effective
        let ended = leases.compactMap(\.reverted).max { $0.estimate < $1.estimate }
        let look = choice.vms.isEmpty ? Self.host(object) : Self.vm(object, in: trial.began.fleet)
        detections.append(
          Detection(view: view.name, object: object, trace, began: began, ended: ended, end: trial.end, look))
      }
    }
    return detections
  }

  private init(
    view: String, object: String, _ trace: ViewTrace<ManagerState>, began: Interval, ended: Interval?,
    end: Nanoseconds, _ amiss: (ManagerState) -> String?
  ) {
    self.view = view
    self.object = object
    let sights = trace.sights
    let before = sights.last { $0.at < began.low && $0.state != nil }
    if let state = before?.state, let shown = amiss(state) {
      self.shown = nil
      time = .notObserved(reason: "it was shown as \(shown) before the fault")
      return
    }
    guard sights.contains(where: { $0.state != nil }) else {
      shown = nil
      time = .notObserved(reason: "the view showed nothing")
      return
    }
    // What is shown after the fault's end tells of the mending.
    let limit = min(ended.map { $0.high + trace.every } ?? end, end)
    let found = sights.indices.first { index in
      sights[index].at >= began.low && sights[index].at <= limit
        && sights[index].state.flatMap(amiss) != nil
    }
    guard let found else {
      shown = nil
      time = .censored(moreThan: max((ended.map { min($0.low, end) } ?? end) - began.high, .zero))
      return
    }
    shown = sights[found].state.flatMap(amiss)
    time = .measured(trace.change(at: found).since(began).notNegative)
  }

  /// What is amiss with a host's node: nil where it is online, or not a node at all.
  private static func host(_ name: String) -> (ManagerState) -> String? {
    { state in state.nodes[name].flatMap { $0 == "online" ? nil : $0 } }
  }

  /// What is amiss with a virtual machine's resource, which bears its name or its domain's.
  private static func vm(_ name: String, in fleet: Fleet) -> (ManagerState) -> String? {
    { state in
      guard let resource = state.resources[name] ?? fleet.vm(name).flatMap({ state.resources[$0.domain] })
      else { return nil }
      if resource.failed { return "failed" }
      if resource.blocked { return "blocked" }
      if resource.role != "Started" { return resource.role }
      return resource.nodes.count == 1 ? nil : "on \(resource.nodes.count) nodes"
    }
  }
}
