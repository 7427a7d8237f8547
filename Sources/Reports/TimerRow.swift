import Metrics
import Scenario
import Views

/// A timer of the platform beside what was observed: a row of the report's table.
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
      case .storageWaits: "\(budget.view) waits for a silent brick; longest outage of \(budget.subject)"
      }
    lane =
      switch budget.reaction {
      case .hostShownLost: budget.view
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
