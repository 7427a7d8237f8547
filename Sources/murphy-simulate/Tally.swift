import Simulation

/// The events of many runs, counted.
struct Tally {
  private(set) var runs = 0
  private var counts: [Happened: Int] = [:]

  mutating func add(_ outcome: Simulation.Outcome) {
    runs += 1
    counts.merge(outcome.tally, uniquingKeysWith: +)
  }

  /// A line for each kind of event.
  ///
  /// - Parameter nanoseconds: the processor time of all runs.
  func text(took nanoseconds: Int64) -> String {
    let rate = Int(Double(runs) / (Double(max(1, nanoseconds)) / 60e9))
    let lines = Happened.allCases.map { line($0.rawValue, counts[$0, default: 0]) }
    return ([line("runs", runs), line("runs a minute of processor time", rate)] + lines).joined(
      separator: "\n")
  }

  private func line(_ what: String, _ count: Int) -> String {
    let number = String(count)
    return String(repeating: " ", count: max(0, 9 - number.count)) + "\(number)  \(what)"
  }
}
