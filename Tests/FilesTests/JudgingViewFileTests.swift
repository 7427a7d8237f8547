import Files
import Scenario
import Testing

@Suite struct JudgingViewFileTests {
  @Test("A view of an expression is read with its threshold, and conditions can name what it shows")
  func prometheus() throws {
    let text = exampleFleet.replacingView(
      #"monitoring: {prometheus: "http://10.77.2.250:9090", query: "up{job='node'}", unwell: "< 1", every: 5s}"#
    )
    let fleet = try FleetFile.parse(text: text, file: "fleet.yaml").value
    #expect(
      fleet.view("monitoring")
        == .init(
          name: "monitoring",
          kind: ViewSpec(
            "prometheus",
            [
              "url": .string("http://10.77.2.250:9090"), "query": .string("up{job='node'}"),
              "unwell": .string("< 1"),
            ]), every: .seconds(5)))
    for (object, isRead) in [
      ("anything", true), ("host", true), ("dauntless", true), ("web", true), ("brick", false),
    ] {
      let scenario = exampleScenario.replacingOnce("hosts-down > 1", "monitoring sees \(object) down")
        .replacingOnce(
          "views: [storage, manager]", "views: [storage, manager, monitoring]")
      let read = try? ScenarioFile.parse(
        text: scenario, file: "s.yaml", fleet: fleet, catalogue: catalogue
      ).value
      #expect((read?.guards.first?.when == .sees(view: "monitoring", object: object, state: .down)) == isRead)
    }
  }
}

extension String {
  fileprivate func replacingOnce(_ part: String, _ other: String) -> String {
    guard let range = firstRange(of: part) else { return "" }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }

  fileprivate func replacingView(_ line: String) -> String {
    replacingOnce(#"monitoring: {alertmanager: "http://10.77.2.250:9093"}"#, line)
  }
}
