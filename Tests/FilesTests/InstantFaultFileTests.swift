import Scenario
import Testing

@testable import Files

/// Steps with instant faults, and keys that a fault requires.
struct InstantFaultFileTests {
  private static let catalogue = FaultCatalogue(describing: [
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
          name: "act", summary: "What happens.", form: .word(["off", "reset"]), standard: .word("off"))
      ], extent: .instantWith(parameter: "act", words: ["reset"]), variants: []),
    FaultDescription(
      name: "clock.skew", summary: "Time.", targets: [.host],
      parameters: [
        .init(name: "by", summary: "How far.", form: .duration, standard: .duration(.seconds(300)))
      ], extent: .held, variants: []),
  ])

  /// The step of a scenario with these keys, or the findings if it is refused.
  private func step(_ keys: String) throws -> Step {
    try #require(
      try ScenarioFile.parse(
        text: Self.scenario(keys), file: "s.yaml", fleet: nil, catalogue: Self.catalogue
      ).value.timeline.first)
  }

  private static func scenario(_ keys: String) -> String {
    """
    scenario: s
    steady: {for: 10s, probes: [website]}
    timeline:
      - {at: 0s, target: {host: falco}, \(keys)}

    """
  }

  @Test("An instant fault has no 'for', and its lease has a fixed length") func instant() throws {
    let step = try step("fault: process.kill, executable: /usr/sbin/glusterd, restart: leave")
    #expect(step.isInstant && step.duration == Extent.instantLease)
    #expect(step.parameters == ["executable": .text("/usr/sbin/glusterd"), "restart": .word("leave")])
  }

  @Test("A parameter's value decides whether a fault is instant") func byWord() throws {
    #expect(try step("fault: host.power, act: reset").isInstant)
    for act in [", act: off", ""] {
      let off = try step("fault: host.power, for: 30s\(act)")
      #expect(!off.isInstant && off.duration == .seconds(30))
    }
  }

  @Test("A parameter may be a time, with a default") func duration() throws {
    #expect(try step("fault: clock.skew, for: 5s, by: 90s").parameters == ["by": .duration(.seconds(90))])
    #expect(try step("fault: clock.skew, for: 5s").parameters == ["by": .duration(.seconds(300))])
    #expect(try ScenarioFile.schema(catalogue: Self.catalogue).contains(#""default" : "5m""#))
  }

  @Test(
    "Keys that don't fit the fault are refused",
    arguments: [
      ("fault: process.kill, unit: glusterd, restart: leave, for: 5s", .at("4:90", .conflict, "for")),
      ("fault: process.kill, unit: glusterd", .at("4:5", .missing, "restart")),
      ("fault: process.kill, restart: leave", .at("4:5", .missing)),
      (
        "fault: process.kill, unit: a, executable: /b, restart: leave", .at("4:67", .conflict, "executable")
      ),
      ("fault: process.kill, unit: a, arguments: b, restart: leave", .at("4:67", .conflict, "arguments")),
      ("fault: process.kill, executable: /b, restart: unit", .at("4:83", .conflict, "unit")),
      ("fault: process.kill, executable: glusterd, restart: leave", .at("4:70", .value, "glusterd")),
      ("fault: host.power, act: reset, for: 5s", .at("4:68", .conflict, "for")),
      ("fault: host.power, act: off", .at("4:61", .missing, "for")),
      ("fault: clock.skew, for: 5s, by: 90", .at("4:69", .value, "90s")),
      ("fault: clock.skew, for: 5s, by: 0s", .at("4:69", .value, "0s")),
      ("fault: host.power", .at("4:5", .missing, "for")),
    ] as [(String, ExpectedFinding)])
  func refused(keys: String, expected: ExpectedFinding) throws {
    let found = try #require(throws: FileRefused.self) { try step(keys) }.diagnostics
    let finding = try #require(found.first { "\($0.line):\($0.column)" == expected.place }, "\(found)")
    #expect(finding.kind == expected.kind)
    if let name = expected.name { #expect(finding.message.contains("'\(name)'"), "\(finding)") }
  }

  @Test(
    "The schema requires 'for' for held faults and refuses it for instant faults, like the parser",
    .enabled("python3 has no jsonschema package: python3 -m pip install jsonschema") {
      SchemaValidator.isPossible
    })
  func schema() throws {
    let both = FaultCatalogue(Self.catalogue.kinds + FilesTests.catalogue.kinds)
    // YAML 1.1 reads a bare off as false.
    let keys = [
      "fault: process.kill, unit: a, restart: leave", "fault: process.kill, unit: a, restart: leave, for: 5s",
      "fault: host.power, act: reset", "fault: host.power, act: reset, for: 5s",
      "fault: host.power, act: \"off\"",
      "fault: host.power, act: \"off\", for: 5s", "fault: host.power", "fault: host.power, for: 5s",
      "fault: host.unplug", "fault: host.unplug, for: 5s",
    ]
    let instances = try keys.map { try #require(SchemaValidator.json(Self.scenario($0))) }
    let verdicts = try SchemaValidator.verdicts(ScenarioFile.schema(catalogue: both), instances)
    for (keys, verdict) in zip(keys, verdicts) {
      let isRead =
        (try? ScenarioFile.parse(text: Self.scenario(keys), file: "", fleet: nil, catalogue: both)) != nil
      #expect(verdict == isRead, "\(keys)")
    }
    #expect(verdicts.count { $0 } == 5)
  }
}
