import Journal
import Scenario

/// A fault from the request to the verified revert.
package struct LeaseMetrics: Encodable, Equatable, Sendable {
  package var lease: String
  package var step: String
  package var host: String
  /// The fault's name in the catalogue.
  package var fault: String
  /// The object that was cut or stopped, for display.
  package var object: String
  /// The maximum time for which the host was to keep the fault active.
  package var duration: Nanoseconds
  /// Whether it cut the control path of its site.
  package var cutsControlPath: Bool
  /// True for an instant fault: its window is the instant of its effect. Nil for others.
  package var instant: Bool?
  /// The permanent damage of the fault, as a clause. Nil if there is none.
  package var leaves: String?
  /// True if every host works during the fault. Nil for others.
  package var sparesHosts: Bool?
  package var requested: Nanoseconds
  /// When its effect was verified; nil if it never was.
  package var effective: Interval?
  /// From the agent's receipt of the command to the verified effect, on the host's own clock.
  package var took: Nanoseconds?
  /// The observation that proves the effect.
  package var evidence: String?
  /// Why it could not be injected.
  package var failure: String?
  /// When its revert was requested; nil if the host reverted it without a request.
  package var reverting: Nanoseconds?
  /// When its revert was verified; nil if it never was.
  package var reverted: Interval?
  /// The trigger of the revert.
  package var revertedBy: RevertCause?
  /// Effective minus requested.
  package var timeToEffect: Span
  /// How long after its deadline it was reverted; zero if it was reverted in time.
  package var lateBy: Span
  /// The end of its effect if that came before its revert; nil if the revert ended it.
  package var ended: EarlyEnd?
  /// How long its effect was active: at least from the first observation of the effect to the last.
  package var held: Span
  /// Why it was active for less than its planned time. Nil if it was active for the planned time, if its end was not
  /// observed, or if an abort ended it.
  package var shortfall: String?

  /// An end of an effect that its revert did not cause.
  package struct EarlyEnd: Encodable, Equatable, Sendable {
    /// Between the last observation of the effect and the first without it.
    package var at: Interval
    package var cause: EndCause
    /// What was observed instead.
    package var reason: String
  }

  /// When its effect ended; nil if that was not observed.
  package var over: Interval? { instant == true ? effective : ended?.at ?? reverted }

  /// The tolerance below the planned time within which an effect still counts as active for its planned time: 1 % of
  /// the planned time, and at least 100 ms, which a command may need to reach a host.
  package static func tolerance(of planned: Nanoseconds) -> Nanoseconds {
    max(.milliseconds(100), planned / 100)
  }

  static func all(in entries: [Entry], end: Nanoseconds) -> [LeaseMetrics] {
    var leases: [LeaseMetrics] = []
    var places: [String: Int] = [:]
    var lastActive: [String: Nanoseconds] = [:]
    var aborted: Nanoseconds?
    func update(_ name: String, _ change: (inout LeaseMetrics) -> Void) {
      if let place = places[name] { change(&leases[place]) }
    }
    for entry in entries {
      switch entry.event {
      case .leaseRequested(let request):
        if places[request.lease] == nil { places[request.lease] = leases.count }
        leases.append(
          LeaseMetrics(
            lease: request.lease, step: request.step, host: request.host, fault: request.fault,
            object: request.object, duration: request.duration, cutsControlPath: request.cutsControlPath,
            instant: request.isInstant ? true : nil, leaves: request.leaves,
            sparesHosts: request.sparesHosts ? true : nil, requested: entry.at,
            timeToEffect: .notObserved(reason: "no effect was verified"),
            lateBy: .notObserved(reason: "no effect was verified"),
            held: .notObserved(reason: "no effect was verified")))
      case .leaseEffective(let effect):
        update(effect.lease) {
          $0.effective = Interval(effect.at, uncertainty: effect.uncertainty)
          $0.took = effect.took
          $0.evidence = effect.evidence
        }
      case .leaseEnded(let end):
        lastActive[end.lease] = end.lastActive
        update(end.lease) {
          $0.ended = EarlyEnd(
            at: Interval(
              estimate: end.firstEnded, low: (end.lastActive ?? .zero) - end.uncertainty,
              high: end.firstEnded + end.uncertainty), cause: end.cause, reason: end.reason)
        }
      case .guardTripped, .interrupted: aborted = aborted ?? entry.at
      case .leaseFailed(let lease, let message): update(lease) { $0.failure = message }
      case .leaseReverting(let lease, _): update(lease) { $0.reverting = $0.reverting ?? entry.at }
      case .leaseReverted(let end):
        update(end.lease) {
          $0.reverted = Interval(end.at, uncertainty: end.uncertainty)
          $0.revertedBy = end.cause
          // A journal of an earlier version has no last observation: there the effect counts as active until its
          // revert.
          if $0.ended == nil { lastActive[end.lease] = end.lastActive ?? end.at }
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
          // Both times are from the same host, so its clock's offset and the offset's uncertainty cancel.
          .measured(Interval(exactly: max(reverted.estimate - due.estimate, .zero)))
        } else {
          .censored(moreThan: max(end - due.high, .zero))
        }
      leases[index].judgeEnd(lastActive: lastActive[leases[index].lease], aborted: aborted)
    }
    return leases
  }

  /// Judges how long the effect was active.
  ///
  /// All times are from the same host, so errors of its clock's offset cancel.
  ///
  /// - Parameters:
  ///   - lastActive: the last observation of the effect; nil if only its beginning is known.
  ///   - aborted: when the trial was aborted; an end after that is not a shortfall.
  private mutating func judgeEnd(lastActive: Nanoseconds?, aborted: Nanoseconds?) {
    guard let effective else { return }
    if instant == true { return held = .measured(Interval(exactly: .zero)) }
    let begin = effective.estimate
    if ended != nil, lastActive == nil { ended?.at.low = effective.low }
    guard let over = over?.estimate else { return held = .notObserved(reason: "its end was not observed") }
    let most = max(over - begin, .zero)
    let least = min(max((lastActive ?? begin) - begin, .zero), most)
    held = .measured(Interval(estimate: most, low: least, high: most))
    // A fault that the controller injects takes as long as its BMC; its deadline counts from the request.
    let planned = host == Site.controller.name ? max(duration - lateness, .zero) : duration
    if least >= planned - Self.tolerance(of: duration) { return }
    if let aborted, over >= aborted { return }
    shortfall =
      "\(fault) on \(host) was active for \(Self.words(least, most)) of \(Self.words(duration)): \(endWords)"
  }

  /// What ended the effect, as far as is known.
  private var endWords: String {
    if let ended {
      return switch ended.cause {
      case .others: "ended by something else, \(ended.reason)"
      case .kernel: "ended by the kernel's timeout or earlier, \(ended.reason)"
      case .reboot: "ended by the host's reboot"
      }
    }
    return switch revertedBy {
    case .watchdog: "reverted by its watchdog, since its agent had died"
    case .agent: "reverted by its agent, since its watchdog had died"
    case .stdin: "reverted by its agent, which had lost its controller"
    case .controller: "reverted by the controller"
    case .recover: "reverted by murphy recover"
    case .deadline, .kernel, nil:
      "reverted at its deadline, and active only from \(Self.words(lateness)) after its request"
    }
  }

  private var lateness: Nanoseconds { max((effective?.estimate ?? requested) - requested, .zero) }

  private static func words(_ least: Nanoseconds, _ most: Nanoseconds) -> String {
    most - least < .milliseconds(500) ? words(least) : "\(words(least)) to \(words(most))"
  }

  /// `20 s`, `6.0 s`, `92 ms`.
  private static func words(_ span: Nanoseconds) -> String {
    if span.count % 1_000_000_000 == 0 { return "\(span.count / 1_000_000_000) s" }
    if span < .seconds(1) { return "\(span.count / 1_000_000) ms" }
    let tenths = (span.count + 50_000_000) / 100_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}

extension LeaseMetrics {
  /// The hosts that the fault hits: its site, or the hosts of its step if the controller injects it.
  ///
  /// - Parameter choices: how the trial's steps chose their targets.
  package func victims(_ choices: [StepChosen]) -> [String] {
    host == Site.controller.name ? choices.filter { $0.step == step }.flatMap(\.hosts) : [host]
  }

  /// Whether hosts and virtual machines work during the fault, so that a belief that one of them is down is wrong: a
  /// manager or a BMC can't be reached. A virtual machine's own fault breaks the machine and spares its host.
  func breaksNothing(_ choices: [StepChosen]) -> Bool {
    sparesHosts == true && choices.contains { $0.step == step && $0.vms.isEmpty }
  }
}
