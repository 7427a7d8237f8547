import Journal
import Scenario

/// A fault from the request to the verified end.
public struct LeaseMetrics: Encodable, Equatable, Sendable {
  /// The lease's name.
  public var lease: String
  /// Its step.
  public var step: String
  /// Its host.
  public var host: String
  /// The fault's name in the catalogue.
  public var fault: String
  /// What was cut or stopped, in words.
  public var object: String
  /// How long the host was to hold it at most.
  public var duration: Nanoseconds
  /// Whether it cut the controller's own path.
  public var cutsControlPath: Bool
  /// When it was asked for.
  public var requested: Nanoseconds
  /// When its effect was verified; nil where it never was.
  public var effective: Interval?
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  public var took: Nanoseconds?
  /// What was seen that proves the effect.
  public var evidence: String?
  /// Why it could not be injected.
  public var failure: String?
  /// When its end was asked for; nil where the host lifted it alone.
  public var reverting: Nanoseconds?
  /// When its end was verified; nil where it never was.
  public var reverted: Interval?
  /// Which link of the chain lifted it.
  public var revertedBy: RevertCause?
  /// Effective minus requested.
  public var timeToEffect: Span
  /// How long after its deadline it was lifted: nought where it was in time.
  public var lateBy: Span

  static func all(in entries: [Entry], end: Nanoseconds) -> [LeaseMetrics] {
    var leases: [LeaseMetrics] = []
    func update(_ name: String, _ change: (inout LeaseMetrics) -> Void) {
      if let index = leases.firstIndex(where: { $0.lease == name }) { change(&leases[index]) }
    }
    for entry in entries {
      switch entry.event {
      case .leaseRequested(let request):
        leases.append(
          LeaseMetrics(
            lease: request.lease, step: request.step, host: request.host, fault: request.fault,
            object: request.object, duration: request.duration, cutsControlPath: request.cutsControlPath,
            requested: entry.at, timeToEffect: .notObserved(reason: "no effect was verified"),
            lateBy: .notObserved(reason: "no effect was verified")))
      case .leaseEffective(let effect):
        update(effect.lease) {
          $0.effective = Interval(effect.at, uncertainty: effect.uncertainty)
          $0.took = effect.took
          $0.evidence = effect.evidence
        }
      case .leaseFailed(let lease, let message): update(lease) { $0.failure = message }
      case .leaseReverting(let lease, _): update(lease) { $0.reverting = $0.reverting ?? entry.at }
      case .leaseReverted(let end):
        update(end.lease) {
          $0.reverted = Interval(end.at, uncertainty: end.uncertainty)
          $0.revertedBy = end.cause
        }
      default: break
      }
    }
    for index in leases.indices {
      guard let effective = leases[index].effective else { continue }
      let requested = Interval(exactly: leases[index].requested)
      leases[index].timeToEffect = .measured(effective.since(requested).notNegative)
      let due = effective + Interval(exactly: leases[index].duration)
      leases[index].lateBy =
        if let reverted = leases[index].reverted {
          // Both stamps are the same host's: its clock's offset, and so the offset's uncertainty, cancels.
          .measured(Interval(exactly: max(reverted.estimate - due.estimate, .zero)))
        } else {
          .censored(moreThan: max(end - due.high, .zero))
        }
    }
    return leases
  }
}
