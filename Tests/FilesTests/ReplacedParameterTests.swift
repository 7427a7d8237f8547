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

  private func refusal(_ key: String, _ value: String) -> String {
    do throws(FileRefused) {
      _ = try ScenarioFile.parse(
        text: labScenario, file: "s.yaml", fleet: nil, catalogue: catalogue, replacing: (key, value))
      return ""
    } catch {
      return error.description
    }
  }

  @Test("A parameter of a step, or of another part, gets another value")
  func replaced() throws {
    let before = try read("cut.for", "11s")
    #expect(before.timeline.first { $0.name == "cut" }?.duration == .seconds(11))
    #expect(try read("steady.at-most", "50s").steady.longest == .seconds(50))
    #expect(try read("recovery.stable", "7s").recovery.stable == .seconds(7))
  }

  @Test("The value is checked as if the file stated it")
  func checked() {
    #expect(refusal("cut.for", "often").contains("'often'"))
    #expect(refusal("cut.mode", "silant").contains("did you mean 'silent'?"))
    #expect(refusal("cut.mood", "silent").contains("unknown key 'mood'"))
    #expect(refusal("nothing.for", "1s").contains("the scenario has no step 'nothing'"))
    #expect(refusal("cut", "1s").contains("write STEP.KEY"))
  }
}
