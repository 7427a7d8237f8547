import ArgumentParser
import Reports

struct MonitoringCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "monitoring",
    abstract: "Prints what a team's own monitoring needs to notice drills that did not happen.",
    discussion: """
      Let a timer on the controller call murphy history --textfile FILE, once a day, with a file in the folder of \
      node_exporter's textfile collector; murphy-history.timer of the package does. The alert rules then also fire when Murphy itself is gone.
      """,
    subcommands: [Alerts.self, Dashboard.self])

  struct Alerts: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Alert rules for Prometheus: overdue, missed, worse, unacknowledged, and no report from Murphy.")

    func run() { print(MonitoringRules.alerts, terminator: "") }
  }

  struct Dashboard: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A dashboard for Grafana, as JSON for its import.")

    func run() throws {
      print(String(decoding: try MonitoringDashboard().json(), as: UTF8.self), terminator: "")
    }
  }
}
