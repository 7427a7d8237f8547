import Journal
import Scenario

/// The hosts on which a virtual machine ran, from libvirt's events on every host.
package struct Placement: Encodable, Equatable, Sendable {
  /// Its name in the fleet.
  package var vm: String
  /// Its state on each host, in the fleet's order. Times in which it wasn't on a host are left out.
  package var segments: [Segment]
  /// How long it ran on two hosts at once. The upper bound includes the time in which a host that had run it gave no
  /// report while another host ran it.
  package var runningTwice: Span
  /// Why it may have run on two hosts at once unseen; nil if every host reported.
  package var unseen: String?

  /// A period on one host.
  package struct Segment: Encodable, Equatable, Sendable {
    package var host: String
    /// Its state; nil while the host did not report.
    package var state: DomainSeen.State?
    /// libvirt's name of the event with which it began.
    package var what: String
    package var begin: Nanoseconds
    package var end: Nanoseconds
    /// The uncertainty of both.
    package var uncertainty: Nanoseconds
  }

  /// The virtual machine's hosts in a trial.
  init(_ vm: Fleet.VirtualMachine, in trial: TrialRecord) {
    self.vm = vm.name
    segments = trial.began.fleet.hosts.flatMap { Self.segments(vm.domain, on: $0.name, in: trial) }
    let hasReport = trial.known.contains { entry in
      switch entry.event {
      case .hostSurveyed: true
      case .domainSeen(let seen): seen.domain == vm.domain
      default: false
      }
    }
    (runningTwice, unseen) =
      hasReport ? Self.overlap(segments) : (.notObserved(reason: "no host reported its domains"), nil)
  }

  /// The host on which it ran at a time; nil if there is none.
  func host(at instant: Nanoseconds) -> String? {
    segments.first { $0.state == .running && $0.begin <= instant && instant < $0.end }?.host
  }

  /// How often it started or stopped on a host. The fault's own acts count, and a move is a stop and a start.
  ///
  /// - Parameter end: the end of the observation, which is not a stop.
  func actions(since begin: Nanoseconds, until end: Nanoseconds) -> Int {
    Dictionary(grouping: segments, by: \.host).values.reduce(0) { sum, own in
      let starts = own.indices.count { index in
        own[index].begin > begin && (index == 0 || own[index - 1].end < own[index].begin)
      }
      let stops = own.indices.count { index in
        own[index].end > begin && own[index].end < end
          && (index == own.count - 1 || own[index + 1].begin > own[index].end)
      }
      return sum + starts + stops
    }
  }

  private static func segments(_ domain: String, on host: String, in trial: TrialRecord) -> [Segment] {
    struct Change {
      var at: Nanoseconds
      var state: DomainSeen.State?
      var what: String
      var uncertainty: Nanoseconds
    }
    var changes: [Change] = []
    var lost: Nanoseconds?
    for entry in trial.known where entry.at <= trial.end || entry.trial <= trial.number {
      switch entry.event {
      case .hostSurveyed(let survey) where survey.host == host && changes.isEmpty:
        changes.append(
          Change(
            at: entry.at, state: survey.running.contains(domain) ? .running : .off, what: "found",
            uncertainty: .zero))
      case .domainSeen(let seen) where seen.host == host && seen.domain == domain:
        changes.append(
          Change(at: seen.at, state: seen.state, what: seen.what, uncertainty: seen.uncertainty))
      case .hostLost(host, _): lost = entry.at
      case .hostRegained(host): lost = nil
      default: break
      }
    }
    // A host whose connection was lost reports events later, with their true times.
    changes.sort { $0.at < $1.at }
    if let lost, changes.last.map({ $0.at < lost && $0.state != .off }) ?? false {
      changes.append(Change(at: lost, state: nil, what: "the host was lost", uncertainty: .zero))
    }
    var segments: [Segment] = []
    for (index, change) in changes.enumerated() where change.state != .off {
      let next = index + 1 < changes.count ? changes[index + 1] : nil
      // If the first report about a domain is an event, the time before it is unknown.
      let begin = max(change.at, trial.begin)
      let end = min(next?.at ?? trial.end, trial.end)
      guard begin < end else { continue }
      let uncertainty = max(change.uncertainty, next?.uncertainty ?? .zero)
      if let last = segments.indices.last, segments[last].state == change.state, segments[last].end == begin {
        segments[last].end = end
        segments[last].uncertainty = max(segments[last].uncertainty, uncertainty)
        continue
      }
      segments.append(
        Segment(
          host: host, state: change.state, what: change.what, begin: begin, end: end,
          uncertainty: uncertainty))
    }
    return segments
  }

  /// The time in which two or more hosts run it. Each pair of hosts is counted, so three hosts at once count for more
  /// than two.
  private static func overlap(_ segments: [Segment]) -> (Span, unseen: String?) {
    var total = Interval.zero
    var unseen: String?
    for (index, one) in segments.enumerated() {
      for other in segments[(index + 1)...] where other.host != one.host {
        let length = min(one.end, other.end) - max(one.begin, other.begin)
        switch (one.state, other.state) {
        case (.running, .running):
          let slack = one.uncertainty + other.uncertainty
          total =
            total + Interval(estimate: length, low: length - slack, high: length + slack).notNegative
        case (.running, nil) where length > .zero, (nil, .running) where length > .zero:
          total.high += length
          let lost = one.state == nil ? one : other
          unseen = "\(lost.host) did not report while it ran on \((one.state == nil ? other : one).host)"
        default: break
        }
      }
    }
    return (.measured(total), unseen)
  }
}
