import FoundationEssentials

/// A dashboard for Grafana, on the metrics of `HistoryReport.textfile` and `HistoryReport.openMetrics`, by the JSON model of
/// https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/.
package struct MonitoringDashboard: Encodable, Sendable {
  let title = "Murphy"
  let uid = "murphy"
  let tags = ["murphy"]
  let schemaVersion = 39
  let time = Range(from: "now-1y", to: "now")
  let templating = Templating()
  let panels: [Panel]

  package init() {
    // Three small ones beside each other, then one below the other; a dashboard has 24 columns.
    var below = 4
    panels = MonitoringRules.panels.enumerated().map { index, panel in
      let isSmall = panel.kind == "stat"
      let place =
        isSmall ? Panel.Place(h: 4, w: 8, x: index * 8, y: 0) : Panel.Place(h: 9, w: 24, x: 0, y: below)
      if !isSmall { below += 9 }
      return Panel(
        id: index + 1, title: panel.title, type: panel.kind, gridPos: place,
        fieldConfig: .init(defaults: .init(unit: panel.unit)),
        targets: panel.expressions.enumerated().map {
          .init(refId: String(UnicodeScalar(UInt8(65 + $0.offset))), expr: $0.element)
        })
    }
  }

  struct Range: Encodable, Sendable {
    let from: String
    let to: String
  }

  /// The choice of the source of data, so that the dashboard names none.
  struct Templating: Encodable, Sendable {
    let list = [Variable()]
    struct Variable: Encodable, Sendable {
      let name = "source"
      let label = "Source"
      let type = "datasource"
      let query = "prometheus"
    }
  }

  struct Panel: Encodable, Sendable {
    let id: Int
    let title: String
    let type: String
    let gridPos: Place
    let fieldConfig: FieldConfig
    let targets: [Target]
    let datasource = Source()

    struct Place: Encodable, Sendable {
      let h: Int
      let w: Int
      let x: Int
      let y: Int
    }
    struct FieldConfig: Encodable, Sendable {
      let defaults: Defaults
      struct Defaults: Encodable, Sendable { let unit: String }
    }
    struct Target: Encodable, Sendable {
      let refId: String
      let expr: String
    }
    struct Source: Encodable, Sendable {
      let type = "prometheus"
      let uid = "${source}"
    }
  }

  /// Keys are sorted.
  ///
  /// - Throws: `ReportError.rendering`.
  package func json() throws(ReportError) -> Data {
    try JSONFile.data(self, name: "the dashboard")
  }
}
