import Journal
import Metrics
import Scenario
import Views

extension Picture {
  /// A limit of the scenario: a line across its lane.
  struct Limit {
    let at: Nanoseconds
    let text: String
  }

  /// The prediction by a timer of the platform: an unfilled bar under the lane in which it is observed.
  struct Prediction {
    let begin: Nanoseconds
    let end: Nanoseconds
    let text: String
  }

  /// The limits on durations that end within the picture.
  func limits(on lane: Lane) -> [Limit] {
    trial.objectives.compactMap { result in
      let objective = result.objective
      guard objective.metric.unit == .duration, objective.relation != .min,
        objective.subject == lane.name || objective.metric == .timeToFailOver && lane.name == Self.truthName,
        let at = end(of: objective), at > axis.begin, at < axis.end
      else { return nil }
      return Limit(
        at: at, text: "\(words(objective.metric)) \(Figures.limit(Nanoseconds(objective.limit)))")
    }
  }

  private func words(_ metric: Metric) -> String {
    switch metric {
    case .downtime, .longestOutage: "allowed"
    case .disruption: "MTPD"
    case .timeToRecover: "stable by"
    case .timeToDetect: "detect by"
    case .timeToFailOver: began.fleet.hasManager ? "fail over by" : "restart by"
    case .timeToFullRedundancy: "whole by"
    default: "limit"
    }
  }

  /// The time at which a limit is reached if the limited state lasts until then.
  private func end(of objective: Objective) -> Nanoseconds? {
    let limit = Nanoseconds(objective.limit)
    let outages = trial.probes.first { $0.probe == objective.subject }?.outages ?? []
    switch objective.metric {
    case .downtime: return Self.end(ofDowntime: limit, outages)
    case .longestOutage, .disruption:
      return outages.max { $0.lastFail - $0.firstFail < $1.lastFail - $1.firstFail }.map {
        $0.firstFail + limit
      }
    case .timeToRecover, .timeToDetect, .timeToFailOver, .timeToFullRedundancy:
      return trial.effective.map { $0.estimate + limit }
    default: return nil
    }
  }

  /// The time at which the sum of the outages reaches a limit if the last one lasts until then; nil without outages.
  static func end(ofDowntime limit: Nanoseconds, _ outages: [Outage]) -> Nanoseconds? {
    var rest = limit
    for outage in outages {
      guard outage != outages.last, let end = outage.firstOk, end - outage.firstFail < rest else {
        return outage.firstFail + rest
      }
      rest = rest - (end - outage.firstFail)
    }
    return nil
  }

  func draw(_ limits: [Limit], _ svg: inout SVG, from top: Double, to bottom: Double) {
    for limit in limits {
      let x = axis.x(limit.at)
      svg.line(x, top - 4, x, bottom + 3, "limit-line")
      let isLate = x + Double(limit.text.count) * 5.8 + 4 > axis.right
      svg.text(x + (isLate ? -4 : 4), top - 2, limit.text, "limit-name", anchor: isLate ? "end" : "start")
    }
  }

  func predictions(on lane: Lane) -> [Prediction] {
    (trial.budgets ?? []).compactMap { budget in
      let begin: Nanoseconds?
      switch budget.reaction {
      case .hostShownLost, .machineStarted, .machineShownFailed:
        guard budget.view == lane.name else { return nil }
        begin = trial.effective?.estimate
      // It begins when the alert fires, which is not a time of the picture's lanes.
      case .alertDelivered: return nil
      case .storageWaits:
        guard budget.subject == lane.name else { return nil }
        begin =
          trial.probes.first { $0.probe == budget.subject }?.outages.max {
            $0.lastFail - $0.firstFail < $1.lastFail - $1.firstFail
          }?.firstFail
      }
      guard let begin else { return nil }
      let timer =
        switch budget.reaction {
        case .hostShownLost, .storageWaits, .alertDelivered: "\(budget.view)’s timer"
        case .machineStarted: "\(budget.view)’s timers for the start of \(budget.subject)"
        case .machineShownFailed: "\(budget.view)’s timer for \(budget.subject)"
        }
      return Prediction(
        begin: begin, end: begin + budget.most, text: "\(timer): \(TimerRow(budget).predicted)")
    }
  }

  static let predictionHeight = 16.0

  func draw(_ predictions: [Prediction], _ svg: inout SVG, from top: Double) {
    for (index, prediction) in predictions.enumerated() {
      let y = top + Double(index) * Self.predictionHeight + 3
      let (from, to) = (axis.x(prediction.begin), axis.x(prediction.end))
      svg.rect(
        from, y, to - from, Self.predictionHeight - 3, "ghost",
        title: "\(prediction.text), \(axis.range(prediction.begin, prediction.end))",
        reading: axis.reading(prediction.text, prediction.begin, prediction.end))
      draw(
        [prediction.text, Figures.time(prediction.end - prediction.begin)], &svg, from: from, to: to,
        y: y + 10,
        "ghost")
    }
  }
}
