import FoundationEssentials
import Journal
import Scenario

/// The alerts that Alertmanager delivers to a webhook of Murphy's, like the alerts that a person would receive.
///
/// Alertmanager posts version 4 of its webhook's JSON for each group of alerts that changes. See
/// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. The last status of an alert counts.
package struct Webhook: ViewKind {
  package let key = "webhook"
  package let summary = "the alerts that Alertmanager delivers to Murphy, which listens at this ADDRESS:PORT"
  package let parameter: ViewParameter? = ViewParameter(
    name: "listen", summary: "the address and port of the controller at which Murphy listens", form: .text,
    isRequired: true)
  package let further = [
    ViewParameter(
      name: "canary", summary: "Alertmanager's URL: Murphy has it deliver an alert before the first fault",
      form: .httpURL, isRequired: true),
    ViewParameter(
      name: "labels",
      summary: "further labels of that alert, by which Alertmanager routes it, such as 'severity=page'",
      form: .words),
  ]
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    guard let channel = channel(spec) else {
      throw ViewRefused("webhook: expected ADDRESS:PORT, such as 10.77.2.1:9095 or [fd77::1]:9095")
    }
    var labels: [String: String] = [:]
    for word in spec.words("labels") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ViewRefused("webhook: 'labels' has '\(word)': expected NAME=VALUE")
      }
      labels[String(parts[0])] = String(parts[1])
    }
    return .delivery(channel.labelled(labels))
  }

  /// nil if the parameters are invalid.
  func channel(_ spec: ViewSpec) -> AlertChannel? {
    spec.text("listen").flatMap { AlertChannel($0, canary: spec.text("canary") ?? "") }
  }

  /// - Parameter answers: all notifications of the run, in the order of their arrival.
  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    var firing: [[String: String]: Verdict.Complaint] = [:]
    for answer in answers {
      guard let notification = AlertNotification(answer.text) else {
        return Belief(form, unknown: "webhook: not understood: \(answer.text.prefix(120))")
      }
      for alert in notification.alerts where !alert.isOwn {
        firing[alert.labels] = alert.status == "resolved" ? nil : alert.complaint
      }
    }
    return .verdict(Verdict(firing: Array(firing.values), none: "nothing delivered fires"))
  }
}

/// The way of alerts to Murphy, with the canary that proves that they arrive.
package struct AlertChannel: Equatable, Sendable {
  /// The address at which Murphy listens; an IPv6 address without brackets.
  package let address: String
  package let port: UInt16
  /// Alertmanager's URL, without a trailing slash.
  package let alertmanager: String
  /// Further labels of the canary.
  package private(set) var labels: [String: String] = [:]

  /// nil if `listen` isn't an address and a port.
  init?(_ listen: String, canary: String) {
    guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]),
      port > 0, !canary.isEmpty
    else { return nil }
    var address = listen[..<colon]
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    guard !address.isEmpty, address.allSatisfy({ $0.isHexDigit || $0 == "." || $0 == ":" }) else {
      return nil
    }
    self.address = String(address)
    self.port = port
    alertmanager = canary.hasSuffix("/") ? String(canary.dropLast()) : canary
  }

  fileprivate func labelled(_ labels: [String: String]) -> AlertChannel {
    var channel = self
    channel.labels = labels
    return channel
  }

  /// The URL of Alertmanager's API v2 to which alerts are posted.
  package var alertsURL: String { "\(alertmanager)/api/v2/alerts" }

  /// The canary of a run, as JSON for Alertmanager's API.
  ///
  /// - Parameter end: when it is resolved, in RFC 3339.
  package func canary(of run: String, end: String) -> String {
    struct Alert: Encodable {
      var labels: [String: String]
      var annotations: [String: String]
      var endsAt: String
    }
    let alert = Alert(
      labels: labels.merging(["alertname": AlertNotification.canary, "run": run]) { $1 },
      annotations: [
        "summary": "Murphy checks that alerts are delivered before it injects a fault. No action is needed."
      ], endsAt: end)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A dictionary of strings can always be encoded.
    return (try? encoder.encode([alert])).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
  }
}

/// A notification of Alertmanager's webhook.
package struct AlertNotification: Decodable, Sendable {
  let alerts: [Alert]

  /// The name of the alert that proves a channel.
  static let canary = "MurphyCanary"
  /// The names of Murphy's own alerts, which are not complaints about the platform: also those of a schedule's notices.
  static let own: Set<String> = [canary, "MurphyDrill", "MurphyDrillResult"]

  struct Alert: Decodable {
    let status: String
    let labels: [String: String]

    var isCanary: Bool { labels["alertname"] == AlertNotification.canary }
    var isOwn: Bool { labels["alertname"].map(AlertNotification.own.contains) ?? false }
    var complaint: Verdict.Complaint { Verdict.Complaint(alert: labels) }
  }

  /// nil if the text isn't a notification.
  package init?(_ text: String) {
    do {
      self = try JSONDecoder().decode(AlertNotification.self, from: Data(text.utf8))
    } catch {
      return nil
    }
  }

  /// Whether it has the canary of a run.
  package func proves(_ run: String) -> Bool {
    alerts.contains { $0.isCanary && $0.labels["run"] == run }
  }
}

extension Verdict.Complaint {
  /// An alert, by its labels.
  init(alert labels: [String: String]) {
    self.init(
      name: labels["alertname"] ?? "an alert without a name", labels: labels.filter { $0.key != "alertname" })
  }
}

extension Verdict {
  /// The verdict of firing alerts.
  ///
  /// - Parameter none: the text if no alert fires.
  init(firing alerts: [Complaint], none: String) {
    // The order must not depend on the answer or on a dictionary, so that the same alerts give the same belief.
    func key(_ complaint: Complaint) -> [String] {
      [complaint.name] + complaint.labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    }
    let complaints = alerts.map { (key($0), $0) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    let names = complaints.map { complaint in
      complaint.name + (complaint.labels["instance"].map { " (\($0))" } ?? "")
    }.sorted()
    self.init(
      words: names.isEmpty ? none : "\(names.count) firing: \(names.joined(separator: ", "))",
      complaints: complaints)
  }
}
