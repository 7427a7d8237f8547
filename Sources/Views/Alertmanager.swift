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
    return .verdict(
      Verdict(firing: firing.map { Verdict.Complaint(alert: $0.labels) }, none: "no alert fires"))
  }

  private struct Alert: Decodable { var labels: [String: String] }
}
