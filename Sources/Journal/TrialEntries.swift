import Scenario

/// A trial's part of a run's entries, and what was known when it began.
///
/// States of domains, hosts and views last until the next change, so a trial needs some of what came before it. It gets
/// only that: all of the run before each trial would make a run of many trials quadratic.
package struct TrialEntries: Sendable {
  package let number: Int
  /// What still counted when the trial began, in the order of the file: the first and the last survey of each host, its
  /// loss, the last state of each domain on it, each view's states since the last known one, and those from before the
  /// run's first fault.
  package let before: [Entry]
  /// The entries of this trial, in the order of the file.
  package let own: [Entry]

  /// Both.
  package var known: [Entry] { before + own }

  package init(number: Int, before: [Entry], own: [Entry]) {
    self.number = number
    self.before = before
    self.own = own
  }

  /// The trials of a run that have entries, by number, and what was known at its end.
  package static func all(in entries: [Entry]) -> (trials: [Int: TrialEntries], end: [Entry]) {
    var carried = CarriedEntries()
    var before: [Int: [Entry]] = [:]
    var own: [Int: [Entry]] = [:]
    for (place, entry) in entries.enumerated() {
      if entry.trial != 0 {
        if own[entry.trial] == nil { before[entry.trial] = carried.entries }
        own[entry.trial, default: []].append(entry)
      }
      carried.take(entry, place)
    }
    let trials = own.keys.map { ($0, TrialEntries(number: $0, before: before[$0] ?? [], own: own[$0] ?? [])) }
    return (Dictionary(uniqueKeysWithValues: trials), carried.entries)
  }
}

/// What still counts of the entries so far.
private struct CarriedEntries {
  private typealias Placed = (place: Int, entry: Entry)

  private struct HostDomain: Hashable { var host: String; var domain: String }
  private struct HostView: Hashable { var host: String?; var view: String }

  private var firstSurveys: [String: Placed] = [:]
  private var lastSurveys: [String: Placed] = [:]
  private var firstLosses: [String: Placed] = [:]
  private var lastLosses: [String: Placed] = [:]
  private var domains: [HostDomain: Placed] = [:]
  /// By which the run judged: from the last known one on.
  private var views: [String: [Placed]] = [:]
  /// The last of each host.
  private var beliefs: [HostView: Placed] = [:]
  /// What was known before the first fault, and its request.
  private var pinned: [Placed]?

  /// In the order of the file.
  var entries: [Entry] { placed.map(\.entry) }

  private var placed: [Placed] {
    var all: [Int: Entry] = [:]
    for group in [firstSurveys, lastSurveys, firstLosses, lastLosses] {
      for placed in group.values { all[placed.place] = placed.entry }
    }
    for placed in Array(domains.values) + views.values.joined() + beliefs.values + (pinned ?? []) {
      all[placed.place] = placed.entry
    }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private mutating func forgetStates() {
    (firstSurveys, lastSurveys, firstLosses, lastLosses) = ([:], [:], [:], [:])
    (domains, views, beliefs) = ([:], [:], [:])
    // What views showed before the first fault still counts.
    pinned = pinned?.filter {
      switch $0.entry.event {
      case .viewSeen, .leaseRequested: true
      default: false
      }
    }
  }

  mutating func take(_ entry: Entry, _ place: Int) {
    let placed = (place, entry)
    switch entry.event {
    // New connections report everything again, and what happened without them is not known.
    case .settingApplied, .runResumed: forgetStates()
    case .hostSurveyed(let survey):
      if firstSurveys[survey.host] == nil { firstSurveys[survey.host] = placed }
      lastSurveys[survey.host] = placed
    case .hostLost(let host, _):
      if firstLosses[host] == nil { firstLosses[host] = placed }
      lastLosses[host] = placed
    case .hostRegained(let host): (firstLosses[host], lastLosses[host]) = (nil, nil)
    case .domainSeen(let seen):
      let key = HostDomain(host: seen.host, domain: seen.domain)
      if case .domainSeen(let last)? = domains[key]?.entry.event, last.at > seen.at { break }
      domains[key] = placed
    case .viewSeen(let view, let belief, let from, let isAside):
      beliefs[HostView(host: from, view: view)] = placed
      if isAside { break }
      if belief.unknown == nil { views[view] = [] }
      views[view, default: []].append(placed)
    case .leaseRequested:
      // A loss counts only until the host is back, which may be after this.
      if pinned == nil { pinned = self.placed.filter { !$0.entry.event.isLoss } + [placed] }
    default: break
    }
  }
}

extension Event {
  fileprivate var isLoss: Bool { if case .hostLost = self { true } else { false } }
}
