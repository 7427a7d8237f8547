import Journal
import Scenario
import Views

/// The states of a view over time. A journal contains only the changes, each written when a query found it.
struct ViewTrace<State> {
  struct Sight {
    let at: Nanoseconds
    /// Nil if the view could not be read.
    let state: State?
  }

  let every: Nanoseconds
  let sights: [Sight]

  /// When the change to this state happened: after the previous query, and at the latest at this one. If the view
  /// could not be read just before, the previous successful query counts.
  func change(at index: Int) -> Interval {
    let seen = sights[index].at
    var first = index
    while first > 0, sights[first - 1].state == nil { first -= 1 }
    let before = sights[first].at - every
    let floor = first > 0 ? max(before, sights[first - 1].at) : before
    return Interval(estimate: seen, low: min(floor, seen), high: seen)
  }
}

extension ViewTrace {
  /// The period in which the view reported a state of a kind, within a trial: from the query that found it to the first
  /// query that did not.
  func periods(in trial: TrialRecord, _ isSo: (State) -> Bool) -> BoundedPeriods {
    func limited(_ time: Nanoseconds) -> Nanoseconds { min(max(time, trial.begin), trial.end) }
    /// Between the previous query and this one.
    func query(_ index: Int) -> Interval {
      let at = sights[index].at
      // Before the first query there was no report.
      let low = index == 0 ? at : max(at - every, sights[index - 1].at)
      return Interval(estimate: limited(at), low: limited(low), high: limited(at))
    }
    var periods: [(begin: Interval, end: Interval)] = []
    var begin: Interval?
    for index in sights.indices {
      let isSo = sights[index].state.map(isSo) ?? false
      if isSo { begin = begin ?? query(index) }
      if !isSo, let since = begin {
        periods.append((since, query(index)))
        begin = nil
      }
    }
    if let begin { periods.append((begin, Interval(exactly: trial.end))) }
    return BoundedPeriods(periods)
  }
}

extension TrialRecord {
  /// The periods in which a storage view of the run showed a state of a kind.
  func storagePeriods(_ isSo: (StorageState) -> Bool) -> BoundedPeriods {
    views.filter { $0.kind.form == .storage }.reduce(.none) {
      $0.union(storage($1).periods(in: self, isSo))
    }
  }

  /// The verdicts of a view up to the end of this trial's observation, from the last one before it on.
  func verdict(_ view: Fleet.View) -> ViewTrace<Verdict> {
    ViewTrace(
      every: view.every,
      sights: known.compactMap { entry in
        guard entry.at <= end,
          case .viewSeen(view.name, .verdict(let verdict), _, isAside: false) = entry.event
        else { return nil }
        return .init(at: entry.at, state: verdict.unknown == nil ? verdict : nil)
      })
  }

  /// The storage view's states up to the end of this trial's observation, from the last one before it on.
  func storage(_ view: Fleet.View) -> ViewTrace<StorageState> {
    ViewTrace(
      every: view.every,
      sights: known.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .storage(let state), _, isAside: false) = entry.event
        else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil || state.isDegraded ? state : nil)
      })
  }

  /// The manager view's states up to the end of this trial's observation, including earlier trials.
  func manager(_ view: Fleet.View) -> ViewTrace<ManagerState> {
    ViewTrace(
      every: view.every,
      sights: known.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .manager(let state), _, isAside: false) = entry.event
        else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil ? state : nil)
      })
  }
}
