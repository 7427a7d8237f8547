import Scenario
import Testing

@testable import Files

/// The levels of services in a scenario.
struct ServiceFileTests {
  private static func scenario(_ services: String) -> String {
    labScenario.replacing("website: {mbco: 500ms, availability: 99.9%}", with: services)
  }

  private func services(_ text: String) throws -> [Scenario.Service]? {
    try ScenarioFile.parse(
      text: Self.scenario(text), file: "s.yaml", fleet: lab(), catalogue: catalogue
    ).value.services
  }

  @Test("The MBCO and the availability of a service are read") func good() throws {
    #expect(
      try services("website: {mbco: 500ms, availability: 99.95%}") == [
        .init(probe: "website", mbco: .milliseconds(500), availabilityPerMillion: 999_500)
      ])
    #expect(
      try services("writes: {availability: 99%}") == [.init(probe: "writes", availabilityPerMillion: 990_000)]
    )
  }

  @Test(
    "A wrong level of a service is refused at its place",
    arguments: [
      ("website: {availability: 99.9}", .value, "32:27"), ("website: {availability: 100%}", .value, "32:27"),
      ("website: {availability: 0.0%}", .value, "32:27"),
      ("website: {availability: 99.99999%}", .value, "32:27"), ("website: {mbco: 0s}", .value, "32:19"),
      ("website: {mbco: 1s}", .conflict, "32:19"), ("gateway: {mbco: 100ms}", .unwatched, "32:3"),
      ("website: {rto: 5s}", .unknown, "32:13"),
    ] as [(String, Diagnostic.Kind, String)])
  func wrong(_ text: String, _ kind: Diagnostic.Kind, _ place: String) throws {
    let found = try refusal { _ = try services(text) }
    #expect(found.map(\.kind) == [kind] && places(found) == [place], "\(found)")
  }
}
