import Metrics
import Scenario
import Views

/// A row of the report's table: a timer of the platform and the observed time.
struct TimerRow {
  /// The lane in which it is observed.
  let lane: String
  let what: String
  let predicted: String
  let settings: String
  let observed: String

  init(_ budget: Budget) {
    what =
      switch budget.reaction {
      case .hostShownLost: "\(budget.view) shows \(budget.subject) as lost"
      case .machineStarted: "\(budget.view) starts \(budget.subject) on another host"
      case .alertDelivered: "\(budget.view) receives the alert about \(budget.subject) after it fires"
      case .machineShownFailed: "\(budget.view) shows \(budget.subject) as failed"
      case .storageWaits:
        "\(budget.view) waits for a brick without answer; longest outage of \(budget.subject)"
      }
    lane =
      switch budget.reaction {
      case .hostShownLost, .machineStarted, .machineShownFailed, .alertDelivered: budget.view
      case .storageWaits: budget.subject
      }
    predicted =
      budget.least == .zero
      ? "up to \(Figures.time(budget.most))"
      : "\(Figures.time(budget.least)) to \(Figures.time(budget.most))"
    settings = budget.settings
    observed = Figures.span(budget.observed)
  }
}
