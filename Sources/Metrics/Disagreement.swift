import Journal
import Scenario

/// A time in which beliefs of hosts contradicted each other.
package struct Disagreement: Encodable, Equatable, Sendable {
  package var view: String
  package var begin: Nanoseconds
  /// The trial's end if they still did at that time.
  package var end: Nanoseconds
  /// The beliefs of its longest part.
  package var sides: [HostBeliefs.Side]

  package var length: Nanoseconds { end - begin }

  /// All disagreements of a trial that lasted longer than two queries. Shorter ones may occur because a change reaches
  /// hosts, and is queried, at slightly different times.
  static func all(_ view: Fleet.View, in trial: TrialRecord) -> [Disagreement] {
    var found: [Disagreement] = []
    var hosts = HostBeliefs()
    var open: (begin: Nanoseconds, stages: [(begin: Nanoseconds, sides: [HostBeliefs.Side])])?
    func close(at end: Nanoseconds) {
      guard let last = open, end > trial.begin else { return }
      let ends = last.stages.dropFirst().map(\.begin) + [end]
      let longest = zip(last.stages, ends).max { $0.1 - $0.0.begin < $1.1 - $1.0.begin }
      let begin = max(last.begin, trial.begin)
      guard let longest, end - begin > view.every + view.every else { return }
      found.append(Disagreement(view: view.name, begin: begin, end: end, sides: longest.0.sides))
    }
    for entry in trial.known where entry.at <= trial.end {
      guard case .viewSeen(view.name, let belief, let from, let isAside) = entry.event else { continue }
      hosts.take(belief, from: from, isAside: isAside)
      let sides = hosts.sides(in: trial.began.fleet)
      if sides.count < 2 {
        close(at: entry.at)
        open = nil
      } else if open?.stages.last?.sides != sides {
        if open == nil { open = (entry.at, []) }
        open?.stages.append((entry.at, sides))
      }
    }
    close(at: trial.end)
    return found
  }
}
