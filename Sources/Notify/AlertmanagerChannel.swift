import Scenario
import Schedule

/// Alertmanager, by its API v2: the alert `MurphyDrill` while a run lasts, `MurphyDrillResult` for a result.
///
/// Nothing is silenced, since detection is under test. Every alert ends by itself soon after its last delivery, so that
/// a controller that dies leaves none. An announcement sends no alert: a gate that requires that no alert fires would
/// otherwise be closed by it.
struct AlertmanagerChannel: ChannelKind {
  let key = "alertmanager"
  let summary = "Alertmanager, by its URL: an alert while a run lasts, and one for its result"
  let form = ChannelParameter.Form.webURL
  let further = [ChannelParameter.authority]
  let isMark = true

  /// How long the alert of a run lasts after it was last sent, in seconds: three times the interval.
  static let markLifetime = 180
  static let resultLifetime = 900

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    let alerts: [JSONValue]
    switch notice.event {
    case .announced: return nil
    case .began: alerts = [Self.mark(notice, until: now + Self.markLifetime)]
    case .ended: alerts = [Self.mark(notice, until: notice.at), Self.result(notice, now)]
    case .notMade where notice.began != nil:
      alerts = [Self.mark(notice, until: notice.at), Self.result(notice, now)]
    case .notMade, .escalated, .test: alerts = [Self.result(notice, now)]
    }
    return try HTTPRequest(
      "POST", HTTPRequest.join(channel.text(key) ?? "", "/api/v2/alerts"), json: .array(alerts),
      authority: channel.text("ca")
    ).send()
  }

  private static func mark(_ notice: Notice, until end: Int) -> JSONValue {
    // Its labels are the same at the begin and at the end: they identify an alert.
    alert(
      "MurphyDrill", notice, ["severity": "info"],
      "A drill of Murphy's is under way: \(notice.scenario) on \(notice.fleet)",
      from: min(notice.began ?? notice.at, end), to: end)
  }

  private static func result(_ notice: Notice, _ now: Int) -> JSONValue {
    let severity =
      switch notice.event {
      case .test: "info"
      case .escalated: "critical"
      default: notice.exitCode == 0 ? "info" : "warning"
      }
    return alert(
      "MurphyDrillResult", notice, ["severity": severity, "event": notice.event.rawValue], notice.line,
      from: now, to: now + resultLifetime)
  }

  private static func alert(
    _ name: String, _ notice: Notice, _ labels: [String: String], _ summary: String, from start: Int,
    to end: Int
  ) -> JSONValue {
    let all = [
      "alertname": name, "schedule": notice.schedule, "scenario": notice.scenario, "fleet": notice.fleet,
    ].merging(labels) { $1 }
    return .object([
      "labels": .object(all.mapValues { .string($0) }),
      "annotations": .object(["summary": .string(summary)]),
      "startsAt": .string(Notice.text(start)), "endsAt": .string(Notice.text(end)),
    ])
  }
}
