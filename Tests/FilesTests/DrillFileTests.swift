import Files
import Scenario
import Testing

/// The block `drill`, which states what a run can't observe.
@Suite struct DrillFileTests {
  private let block = """

    drill:
      owner: Jane Doe
      kind: lab
      observers: [Ann, Bob]
    """

  @Test("A fleet's fields are read, and a scenario's replace them")
  func read() throws {
    let fleet = try FleetFile.parse(text: labFleet + block, file: "fleet.yaml").value
    let stated = try #require(fleet.drill)
    #expect(stated[.owner] == ["Jane Doe"])
    #expect(stated[.observers] == ["Ann", "Bob"])
    #expect(stated[.lead] == [])
    var own = Drill()
    own[.owner] = ["John"]
    let whole = own.over(stated)
    #expect(whole[.owner] == ["John"])
    #expect(whole[.kind] == ["lab"])
    #expect(try lab().drill == nil)
  }

  @Test(
    "A misspelt field, an unknown kind and a text of no words are refused where they are",
    arguments: [
      ("onwer: Jane", .unknown, "'owner'"), ("kind: labb", .unknown, "'lab'"), ("lead: \"\"", .value, "lead"),
      ("lead: {a: b}", .type, "lead"),
    ] as [(String, Diagnostic.Kind, String)])
  func refused(_ line: String, _ kind: Diagnostic.Kind, _ name: String) throws {
    let text = labFleet + "\ndrill:\n  \(line)\n"
    let found = try refusal { _ = try FleetFile.parse(text: text, file: "fleet.yaml") }
    #expect(found.count == 1)
    #expect(
      found.allSatisfy { $0.line == text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 })
    #expect(found.allSatisfy { $0.kind == kind && $0.message.contains(name) }, "\(found)")
  }
}
