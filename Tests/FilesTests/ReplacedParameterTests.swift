import Files
import Scenario
import Testing

@Suite struct ReplacedParameterTests {
  private func read(_ key: String, _ value: String) throws -> Scenario {
    try ScenarioFile.parse(
      text: labScenario, file: "s.yaml", fleet: try FleetFile.parse(text: labFleet, file: "f.yaml").value,
      catalogue: catalogue, replacing: (key, value)
    ).value
  }

  /// Whether the value is refused with a finding of this kind that has the name.
  private func isRefused(
    _ key: String, _ value: String, _ kind: Diagnostic.Kind, naming name: String
  ) throws -> Bool {
    let found = try refusal {
      _ = try ScenarioFile.parse(
        text: labScenario, file: "s.yaml", fleet: nil, catalogue: catalogue, replacing: (key, value))
    }
    return found.contains { $0.kind == kind && $0.message.contains("'\(name)'") }
  }

  @Test("A parameter of a step, or of another part, gets another value")
  func replaced() throws {
    let before = try read("cut.for", "11s")
    #expect(before.timeline.first { $0.name == "cut" }?.duration == .seconds(11))
    #expect(try read("steady.at-most", "50s").steady.longest == .seconds(50))
    #expect(try read("recovery.stable", "7s").recovery.stable == .seconds(7))
  }

  @Test("The value is checked as if the file stated it")
  func checked() throws {
    #expect(try isRefused("cut.for", "often", .value, naming: "often"))
    #expect(try isRefused("cut.mode", "silant", .unknown, naming: "silent"))
    #expect(try isRefused("cut.mood", "silent", .unknown, naming: "mood"))
    #expect(try isRefused("nothing.for", "1s", .unknown, naming: "nothing"))
    #expect(try isRefused("cut", "1s", .value, naming: "cut"))
  }
}
