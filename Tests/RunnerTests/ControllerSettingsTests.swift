import Journal
import Scenario
import Testing

@testable import Runner

@Suite struct ControllerSettingsTests {
  @Test("The settings that the controller read are journaled together, as a survey of the controller")
  func journaled() {
    var course = RunCourse(
      scenario: Scenario(
        name: "s", steady: .init(duration: .seconds(10), probes: ["website"]),
        timeline: [
          Step(
            name: "step-1", trigger: .at(.zero), fault: "host.unplug", target: .host(.named("falco")),
            duration: .seconds(90))
        ]),
      fleet: Fleet(
        name: "tdf", hosts: [.init(name: "falco", ssh: "root@falco", links: [:])], vms: [], quorum: 1,
        probes: [.init(name: "website", kind: .http, target: "http://10.77.2.101/")], views: []),
      catalogue: FaultCatalogue([]), run: "r", tag: "t", seed: 1)
    _ = course.handle(.start, at: .zero)
    func surveys(_ settings: [String: String]) -> [HostSurvey] {
      course.handle(.configured(settings), at: .seconds(1)).compactMap { act in
        if case .record(.hostSurveyed(let survey)) = act { survey } else { nil }
      }
    }
    #expect(surveys(["a": "1"]).map(\.fingerprint) == [["a": "1"]])
    #expect(
      surveys(["b": "2"]) == [
        HostSurvey(
          host: Site.controller.name, fingerprint: ["a": "1", "b": "2"], running: [], clockOffset: .zero,
          clockUncertainty: .zero)
      ])
    #expect(surveys([:]).isEmpty)
  }
}
