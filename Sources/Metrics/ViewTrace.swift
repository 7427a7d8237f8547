import Journal
import Scenario

/// What a view showed over time. A journal holds only the changes, each written when a look found it.
struct ViewTrace<State> {
  struct Sight {
    let at: Nanoseconds
    /// Nil where the view was asked and could not be told.
    let state: State?
  }

  let every: Nanoseconds
  let sights: [Sight]

  /// When the change that this sight shows came about: after the look before, at the latest when it was seen.
  /// Where the view could not be told just before, the last look that told was the one before that.
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
  /// The storage view's sights up to the end of this trial's observation, earlier trials' included.
  func storage(_ view: Fleet.View) -> ViewTrace<StorageState> {
    ViewTrace(
      every: view.every,
      sights: journal.entries.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .storage(let state)) = entry.event else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil || state.isDegraded ? state : nil)
      })
  }

  /// The manager view's sights, likewise.
  func manager(_ view: Fleet.View) -> ViewTrace<ManagerState> {
    ViewTrace(
      every: view.every,
      sights: journal.entries.compactMap { entry in
        guard entry.at <= end, case .viewSeen(view.name, .manager(let state)) = entry.event else {
          return nil
        }
        return .init(at: entry.at, state: state.unknown == nil ? state : nil)
      })
  }
}
