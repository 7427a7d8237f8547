import Journal
import Scenario

/// How long a manager's belief was wrong. Durations of several hosts and virtual machines are added.
///
/// The truth about a virtual machine is in libvirt's events on every host. The truth about a host is known only while
/// it answered the controller and had no fault: then it was up. A host that is cut off is down for some observers and
/// up for others, so no metric counts it. A host that only its manager, or only its BMC's users, can't reach is up.
package struct ManagerAccuracy: Encodable, Equatable, Sendable {
  package var view: String
  /// The manager believed that a host that was up was not online, or that a virtual machine that ran on such a host did
  /// not run.
  package var falseDown: Span
  /// The manager believed that a virtual machine ran that ran on no host.
  package var falseUp: Span
  /// The manager believed that a virtual machine ran on a host on which it did not run.
  package var wrongHost: Span
  /// The view gave no report.
  package var unknown: Span
  /// The share of the time in which the view gave a report and no belief was wrong, by the estimates, in millionths. Nil if
  /// the view reported nothing.
  package var correctPerMillion: Int?
  /// The wrong beliefs and their periods, by the estimates. Nil if there are none.
  package var errors: [WrongBelief]?

  /// A host or virtual machine about which a belief was wrong.
  package struct WrongBelief: Encodable, Equatable, Sendable {
    package enum Kind: String, Encodable, Sendable {
      case falseDown = "false-down"
      case falseUp = "false-up"
      case wrongHost = "wrong-host"
    }

    package var kind: Kind
    package var object: String
    package var begin: Nanoseconds
    package var end: Nanoseconds
  }

  init(_ view: Fleet.View, _ placements: [Placement], in trial: TrialRecord) {
    self.view = view.name
    let trace = trial.manager(view)
    guard trace.sights.contains(where: { $0.state != nil }) else {
      let none = Span.notObserved(reason: "the view reported nothing")
      (falseDown, falseUp, wrongHost, unknown) = (none, none, none, none)
      return
    }
    let fleet = trial.began.fleet
    var (down, up, elsewhere) = (Interval.zero, Interval.zero, Interval.zero)
    var errors: [WrongBelief] = []
    func length(_ periods: BoundedPeriods, _ kind: WrongBelief.Kind, _ object: String) -> Interval {
      errors += periods.estimate.all.map {
        WrongBelief(kind: kind, object: object, begin: $0.begin, end: $0.end)
      }
      return periods.length
    }
    for placement in placements where placement.isObserved {
      guard let vm = fleet.vm(placement.vm) else { continue }
      // On a host that is cut off it may run although no client can reach it.
      let runsWell = fleet.hosts.reduce(BoundedPeriods.none) { periods, host in
        periods.union(
          placement.running(on: host.name, in: trial).intersection(trial.up(host.name)))
      }
      let runsNowhere = placement.running(orUnseen: true, in: trial).complement(
        from: trial.begin, to: trial.end)
      up =
        up
        + length(
          trace.periods(in: trial) { $0.resource(of: vm)?.isUp == true }.intersection(runsNowhere), .falseUp,
          vm.name)
      down =
        down
        + length(
          trace.periods(in: trial) { $0.resource(of: vm)?.isUp == false }.intersection(runsWell), .falseDown,
          vm.name)
      for host in fleet.hosts {
        let notHere = placement.running(on: host.name, orUnseen: true, in: trial).complement(
          from: trial.begin, to: trial.end)
        let believed = trace.periods(in: trial) { state in
          guard let resource = state.resource(of: vm), resource.isUp else { return false }
          return resource.isActive(on: host.name, in: fleet)
        }
        let others = fleet.hosts.filter { $0.name != host.name }.reduce(BoundedPeriods.none) {
          $0.union(placement.running(on: $1.name, in: trial))
        }
        elsewhere =
          elsewhere
          + length(believed.intersection(others).intersection(notHere), .wrongHost, vm.name)
      }
    }
    for host in fleet.hosts {
      let believed = trace.periods(in: trial) { state in
        state.state(of: host.name, in: fleet).map { $0 != "online" } ?? false
      }
      down = down + length(believed.intersection(trial.up(host.name)), .falseDown, host.name)
    }
    (falseDown, falseUp, wrongHost) = (.measured(down), .measured(up), .measured(elsewhere))
    self.errors = errors.isEmpty ? nil : errors
    let known = trace.periods(in: trial) { _ in true }
    let first = max(trial.begin, trace.sights.first?.at ?? trial.begin)
    let silent = known.complement(from: first, to: trial.end)
    unknown = .measured(silent.length)
    let observed = trial.end - first
    if observed > .zero {
      let wrong = silent.estimate.union(Periods(errors.map { ($0.begin, $0.end) })).length
      correctPerMillion = max(1_000_000 - Int(Double(wrong.count) / Double(observed.count) * 1e6), 0)
    }
  }
}
