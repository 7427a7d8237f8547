import Foundation
import Linux
import Testing
import ToolTesting

@testable import Files

/// python3's validator of JSON Schema.
enum SchemaValidator {
  /// Whether this machine has it.
  static let isPossible = TestTools.have { run(["-c", "import jsonschema"], input: Data())?.status == 0 }

  /// Reads a schema and a list of instances, and writes `true` or `false` for each on a line.
  private static let script = """
    import json, sys
    import jsonschema
    job = json.load(sys.stdin)
    validator = jsonschema.Draft202012Validator(job["schema"])
    validator.check_schema(job["schema"])
    for instance in job["instances"]:
        print("true" if validator.is_valid(instance) else "false")
    """

  static func verdicts(_ schema: String, _ instances: [JSON]) throws -> [Bool] {
    let list = try JSON.array(instances).rendered()
    let result = try #require(
      run(["-c", script], input: Data("{\"schema\":\(schema),\"instances\":\(list)}".utf8)))
    #expect(result.status == 0)
    return result.output.split(separator: "\n").map { $0 == "true" }
  }

  static func json(_ text: String) -> JSON? {
    var findings = Findings(file: "")
    let root = Composer.compose(text, findings: &findings)
    // A schema never gets files that YAML itself refuses.
    return findings.hasErrors ? nil : root.map { JSON($0) }
  }
}

private func run(_ arguments: [String], input: Data) -> (status: Int32, output: String)? {
  let outcome = try? ChildProcess.run(["python3"] + arguments, input: Array(input))
  return outcome.map { ($0.end.shellCode, $0.outputText) }
}

extension JSON {
  /// An element as an editor's YAML reader parses it.
  init(_ element: Element) {
    switch element.content {
    case .mapping(let entries):
      self = .object(Dictionary(entries.map { ($0.key, JSON($0.value)) }) { first, _ in first })
    case .sequence(let items): self = .array(items.map(JSON.init))
    case .refused: self = .null
    case .scalar(let scalar):
      switch scalar.reading {
      case .null: self = .null
      case .flag(let flag): self = .flag(flag)
      case .integer: self = .integer(Int(scalar.text) ?? 0)
      // The schema of every key refuses these, as it refuses null.
      case .fraction, .trap: self = .null
      case .text: self = .text(scalar.text)
      }
    }
  }
}

@Suite struct SchemaTests {
  /// Findings of form that no schema can express: address arithmetic, and the text before YAML converts it.
  private static let beyondSchemas = [
    "has bits behind", "not an address", "prefix length", "not an IPv4", "not an IPv6 address", "not a port",
    "is link-local",
    "YAML 1.1 reads", "found the number 2.0",
  ]

  private func isStructural(_ found: [Diagnostic]) -> Bool {
    found.contains { one in
      one.stage == .form && !Self.beyondSchemas.contains { one.message.contains($0) }
    }
  }

  @Test(
    "The fleet's schema refuses the files that the parser refuses",
    .enabled("python3 has no jsonschema package: python3 -m pip install jsonschema") {
      SchemaValidator.isPossible
    })
  func fleetSchemaAgreesWithTheParser() throws {
    var instances = try [exampleFleet, labFleet].map { try #require(SchemaValidator.json($0)) }
    let good = instances.count
    var names: [String] = []
    for broken in MalformedFleetTests.lines {
      let text = text(labFleet, line: broken.line, replacedBy: broken.text)
      let found = try refusal { _ = try FleetFile.parse(text: text, file: "") }
      guard let json = SchemaValidator.json(text), isStructural(found) else { continue }
      instances.append(json)
      names.append(broken.testDescription)
    }
    #expect(names.count > 40)
    let verdicts = try SchemaValidator.verdicts(FleetFile.schema(), instances)
    try #require(verdicts.count == instances.count)
    #expect(verdicts[..<good].allSatisfy { $0 })
    for (name, verdict) in zip(names, verdicts[good...]) { #expect(!verdict, "accepted: \(name)") }
  }

  @Test(
    "The scenario's schema refuses the files that the parser refuses",
    .enabled("python3 has no jsonschema package: python3 -m pip install jsonschema") {
      SchemaValidator.isPossible
    })
  func scenarioSchemaAgreesWithTheParser() throws {
    let fleet = try lab()
    var instances = try [exampleScenario, labScenario].map { try #require(SchemaValidator.json($0)) }
    let good = instances.count
    var names: [String] = []
    for broken in MalformedScenarioTests.lines {
      let text = text(labScenario, line: broken.line, replacedBy: broken.text)
      let found = try refusal {
        _ = try ScenarioFile.parse(text: text, file: "", fleet: fleet, catalogue: catalogue)
      }
      guard let json = SchemaValidator.json(text), isStructural(found) else { continue }
      instances.append(json)
      names.append(broken.testDescription)
    }
    #expect(names.count > 40)
    let verdicts = try SchemaValidator.verdicts(ScenarioFile.schema(catalogue: catalogue), instances)
    try #require(verdicts.count == instances.count)
    #expect(verdicts[..<good].allSatisfy { $0 })
    for (name, verdict) in zip(names, verdicts[good...]) { #expect(!verdict, "accepted: \(name)") }
  }

  @Test("A schema has the same text each time")
  func schemasAreStable() throws {
    #expect(try FleetFile.schema() == FleetFile.schema())
    let schema = try ScenarioFile.schema(catalogue: catalogue)
    #expect(try schema == ScenarioFile.schema(catalogue: catalogue))
    #expect(schema.contains("\"established\""))
    #expect(schema.hasPrefix("{\n  \"$schema\" : \"https://json-schema.org/draft/2020-12/schema\""))
  }
}
