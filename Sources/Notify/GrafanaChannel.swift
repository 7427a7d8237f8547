import Scenario
import Schedule

/// Grafana's annotations, by its HTTP API: a mark at a run's begin, and at its end the whole time of the run.
struct GrafanaChannel: ChannelKind {
  let key = "grafana"
  let summary = "Grafana, by its URL: annotations at a run's begin and end"
  let form = ChannelParameter.Form.webURL
  let further = [ChannelParameter.token, .authority]

  func problem(_ channel: Channel) -> ChannelProblem? {
    channel.text(key).flatMap(HTTPRequest.tokenProblem).map { ChannelProblem(key: key, reason: $0) }
  }

  func deliver(_ notice: Notice, to channel: Channel, now: Int) throws(Undelivered) -> String? {
    var annotation: [String: JSONValue] = [
      "tags": .array(["murphy", notice.schedule, notice.scenario].map { .string($0) }),
      "text": .string(notice.line),
    ]
    switch notice.event {
    case .announced, .notMade, .escalated: return nil
    case .began, .test: annotation["time"] = Self.milliseconds(notice.at)
    case .ended:
      annotation["time"] = Self.milliseconds(notice.began ?? notice.at)
      annotation["timeEnd"] = Self.milliseconds(notice.at)
    }
    let token = try SecretFile.read(channel.text("token-file") ?? "")
    return try HTTPRequest(
      "POST", HTTPRequest.join(channel.text(key) ?? "", "/api/annotations"),
      fields: ["Authorization: Bearer \(token)"], json: .object(annotation), authority: channel.text("ca")
    ).send()
  }

  private static func milliseconds(_ instant: Int) -> JSONValue { .integer(Int64(instant) * 1000) }
}
