import FoundationEssentials
import Scenario

/// Alertmanager's own waiting time before a notification, for its view and for the alerts that it delivers.
enum AlertmanagerTimers {
  /// The URL of its status, which contains its configuration.
  static func url(_ base: String) -> String { base + "/api/v2/status" }

  /// `alertmanager.URL.group-wait`, of the root route: `30s`, or `default`.
  static func fingerprint(_ answers: [ViewAnswer], _ base: String) -> [String: String] {
    guard let text = answers.first?.text else { return [:] }
    do {
      let status = try JSONDecoder().decode(Status.self, from: Data(text.utf8))
      return [key(base): groupWait(status.config.original) ?? "default"]
    } catch {
      // Another server answers, or a version with another API: nothing is known.
      return [:]
    }
  }

  /// The first notification about a group of alerts is sent `group_wait` after its first alert: 30 s if the configuration
  /// does not set it. See https://prometheus.io/docs/alerting/latest/configuration/#route.
  static func timers(_ fingerprint: [String: String], _ base: String) -> [PlatformTimer] {
    guard let text = fingerprint[key(base)] else { return [] }
    let isDefault = text == "default"
    guard let wait = isDefault ? .seconds(30) : duration(text) else { return [] }
    return [
      PlatformTimer(
        reaction: .alertDelivered, least: .zero, most: wait,
        settings: "group_wait \(wait)\(isDefault ? ", the default" : "")")
    ]
  }

  private static func key(_ base: String) -> String { "alertmanager.\(base).group-wait" }

  private struct Status: Decodable {
    struct Configuration: Decodable { var original: String }
    var config: Configuration
  }

  /// Alertmanager reports its configuration as YAML in block style, also if its file has another style. In it, a key of
  /// the root route is alone on a line, indented by two spaces; everything in nested routes and in texts is indented
  /// further.
  private static func groupWait(_ configuration: String) -> String? {
    var isRoute = false
    for line in configuration.split(separator: "\n") {
      if !line.hasPrefix(" "), !line.hasPrefix("-") { isRoute = line == "route:" }
      let words = "  group_wait: "
      if isRoute, line.hasPrefix(words) { return String(line.dropFirst(words.count)) }
    }
    return nil
  }

  /// A duration as Prometheus writes it: `1m30s`. Nil for another text.
  static func duration(_ text: String) -> Nanoseconds? {
    var rest = text[...]
    var sum = Nanoseconds.zero
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !("0"..."9").contains($0) }
      rest = rest.dropFirst(unit.count)
      let units: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
      ]
      // At most a year, so that sums can't overflow.
      guard let count = Int64(digits), let size = units[String(unit)], count <= 31_536_000_000 / size else {
        return nil
      }
      sum = sum + .milliseconds(count * size)
      if sum > .seconds(31_536_000) { return nil }
    }
    return text.isEmpty ? nil : sum
  }
}

extension ViewSpec {
  /// The URL of the Alertmanager that is this view's source; nil for another kind of view.
  package var alertmanager: String? {
    switch Views.kind(kind) {
    case let kind as Alertmanager:
      do throws(ViewRefused) {
        return try kind.base(self)
      } catch {
        return nil
      }
    case let kind as Webhook: return kind.channel(self)?.alertmanager
    default: return nil
    }
  }
}

extension Alertmanager {
  package func configurationURL(_ spec: ViewSpec) -> String? { spec.alertmanager.map(AlertmanagerTimers.url) }

  package func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String] {
    spec.alertmanager.map { AlertmanagerTimers.fingerprint(answers, $0) } ?? [:]
  }
}

extension Webhook {
  package func configurationURL(_ spec: ViewSpec) -> String? { spec.alertmanager.map(AlertmanagerTimers.url) }

  package func fingerprint(_ answers: [ViewAnswer], _ spec: ViewSpec) -> [String: String] {
    spec.alertmanager.map { AlertmanagerTimers.fingerprint(answers, $0) } ?? [:]
  }

  package func timers(_ fingerprint: [String: String], _ spec: ViewSpec) -> [PlatformTimer] {
    spec.alertmanager.map { AlertmanagerTimers.timers(fingerprint, $0) } ?? []
  }
}
