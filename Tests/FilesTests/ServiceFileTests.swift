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
      ("website: {availability: 99.9}", "did you mean '99.9%'?"),
      ("website: {availability: 100%}", "less than 100"),
      ("website: {availability: 0.0%}", "more than 0"),
      ("website: {availability: 99.99999%}", "at most 4 decimals"),
      ("website: {mbco: 0s}", "more than zero"),
      ("website: {mbco: 1s}", "the probe's timeout"),
      ("gateway: {mbco: 100ms}", "'gateway' isn't watched in this scenario"),
      ("website: {rto: 5s}", "rto"),
    ])
  func wrong(_ text: String, _ words: String) throws {
    let found = try refusal { _ = try services(text) }
    #expect(found.count == 1 && found.first?.message.contains(words) ?? false, "\(found)")
    #expect(found.first?.line == 32)
  }
}
