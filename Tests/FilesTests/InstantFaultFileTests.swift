import Scenario
import Testing

@testable import Files

/// Steps with instant faults, and keys that a fault requires.
struct InstantFaultFileTests {
  private static let catalogue = [
    FaultDescription(
      name: "process.kill", summary: "A process is killed.", targets: [.host],
      parameters: [
        .init(name: "unit", summary: "A unit.", form: .line("UNIT"), standard: nil),
        .init(name: "executable", summary: "A path.", form: .path, standard: nil),
        .init(name: "arguments", summary: "A pattern.", form: .line("PATTERN"), standard: nil),
        .init(
          name: "restart", summary: "Who brings it back.", form: .word(["unit", "leave"]), standard: nil,
          isRequired: true),
      ], needs: [.init("restart", ["unit"], need: "unit", nil, because: "systemd starts units only")],
      extent: .instant, exactlyOne: [["unit", "executable"]], companions: ["arguments": ["executable"]],
      variants: []),
    FaultDescription(
      name: "host.power", summary: "Power.", targets: [.host],
      parameters: [
        .init(
          name: "act", summary: "What happens.", form: .word(["off", "reset"]), standard: nil,
          isRequired: true)
      ], extent: .instantWith(parameter: "act", words: ["reset"]), variants: []),
  ]

  /// The step of a scenario with these keys, or the findings if it is refused.
  private func step(_ keys: String) throws -> Step {
    let text = """
      scenario: s
      steady: {for: 10s, probes: [website]}
      timeline:
        - {at: 0s, target: {host: falco}, \(keys)}

      """
    return try #require(
      try ScenarioFile.parse(text: text, file: "s.yaml", fleet: nil, catalogue: Self.catalogue).value.timeline
        .first)
  }

  @Test("An instant fault has no 'for', and its lease has a fixed length") func instant() throws {
    let step = try step("fault: process.kill, executable: /usr/sbin/glusterd, restart: leave")
    #expect(step.isInstant && step.duration == Extent.instantLease)
    #expect(step.parameters == ["executable": .text("/usr/sbin/glusterd"), "restart": .word("leave")])
  }

  @Test("A parameter's value decides whether a fault is instant") func byWord() throws {
    #expect(try step("fault: host.power, act: reset").isInstant)
    let off = try step("fault: host.power, act: off, for: 30s")
    #expect(!off.isInstant && off.duration == .seconds(30))
  }

  @Test(
    "Keys that don't fit the fault are refused",
    arguments: [
      (
        "fault: process.kill, unit: glusterd, restart: leave, for: 5s",
        "process.kill: 'for' has no meaning: the fault happens at once"
      ),
      ("fault: process.kill, unit: glusterd", "process.kill: the key 'restart' is missing"),
      ("fault: process.kill, restart: leave", "one of the keys unit or executable is missing"),
      (
        "fault: process.kill, unit: a, executable: /b, restart: leave",
        "'executable' can't be combined with 'unit'"
      ),
      (
        "fault: process.kill, unit: a, arguments: b, restart: leave",
        "'arguments' is valid only together with"
      ),
      (
        "fault: process.kill, executable: /b, restart: unit",
        "restart: 'unit' needs unit, since systemd starts units only"
      ),
      ("fault: process.kill, executable: glusterd, restart: leave", "expected an absolute path"),
      ("fault: host.power, act: reset, for: 5s", "act: reset happens at once: 'for' has no meaning with it"),
      ("fault: host.power, act: off", "act: off needs 'for'"),
    ])
  func refused(keys: String, message: String) {
    let refusal = #expect(throws: FileRefused.self) { try step(keys) }
    let text = refusal.map { "\($0)" } ?? ""
    #expect(text.contains(message), "\(text)")
  }

  @Test("The schema requires 'for' of held faults and refuses it of instant ones") func schema() throws {
    let schema = try ScenarioFile.schema(catalogue: Self.catalogue + FilesTests.catalogue)
    #expect(schema.contains("process.kill") && schema.contains("host.power"))
  }
}
