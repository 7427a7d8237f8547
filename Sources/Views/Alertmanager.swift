import FoundationEssentials
import Journal
import Scenario

/// Alertmanager's view: the alerts that fire and are neither silenced nor inhibited, by its API v2.
package struct Alertmanager: ViewKind {
  package let key = "alertmanager"
  package let summary = "Alertmanager's view, by its URL: which alerts fire"
  package let parameter: ViewParameter? = ViewParameter(
    name: "url", summary: "its URL", form: .httpURL, isRequired: true)
  package let form = Belief.Form.verdict
  package let vantage = Vantage.controller

  package init() {}

  package func question(_ spec: ViewSpec) throws(ViewRefused) -> ViewQuestion {
    .get(try base(spec) + "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=true")
  }

  package func belief(_ answers: [ViewAnswer], _ spec: ViewSpec) -> Belief {
    let text = answers.first?.text ?? ""
    let alerts: [Alert]
    do {
      alerts = try JSONDecoder().decode([Alert].self, from: Data(text.utf8))
    } catch {
      return Belief(form, unknown: "alertmanager: not understood: \(text.prefix(120))")
    }
    let firing = alerts.filter { !AlertNotification.own.contains($0.labels["alertname"] ?? "") }
    var verdict = Verdict(firing: firing.map { Verdict.Complaint(alert: $0.labels) }, none: "no alert fires")
    // Prometheus repeats an alert that fires, by default each minute. Without an alert, nothing in the answer has an age.
    let now = answers.first?.date.flatMap(Date.init(http:))
    verdict.age = Verdict.age(complaints: firing.map { $0.age(at: now) }, all: [])
    return .verdict(verdict)
  }

  private struct Alert: Decodable {
    var labels: [String: String]
    /// When Alertmanager received it last, in RFC 3339 with a fraction of a second.
    var updatedAt: String?

    /// How long ago that was at least; both times have the same clock.
    func age(at now: Date?) -> Nanoseconds? {
      guard let now, let updatedAt,
        let updated = try? Date(Self.withoutFraction(updatedAt), strategy: .iso8601)
      else { return nil }
      // Without its fraction, the time is up to a second early.
      return Nanoseconds(age: max(now.timeIntervalSince(updated) - 1, 0))
    }

    private static func withoutFraction(_ time: String) -> String {
      guard let dot = time.firstIndex(of: ".") else { return time }
      return String(time[..<dot] + time[dot...].dropFirst().drop { $0.isNumber })
    }
  }
}
