import Journal
import Scenario

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

extension TrialRecord {
  /// The storage view's states up to the end of this trial's observation, including earlier trials.
  func storage(_ view: Fleet.View) -> ViewTrace<StorageState> {
    ViewTrace(
      every: view.every,
      sights: journal.entries.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .storage(let state), _, isAside: false) = entry.event
        else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil || state.isDegraded ? state : nil)
      })
  }

  /// The manager view's states, likewise.
  func manager(_ view: Fleet.View) -> ViewTrace<ManagerState> {
    ViewTrace(
      every: view.every,
      sights: journal.entries.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .manager(let state), _, isAside: false) = entry.event
        else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil ? state : nil)
      })
  }
}
