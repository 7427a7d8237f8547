import Scenario
import Testing

@testable import Files

/// Steps whose fault is impossible according to the fleet file.
struct ImpossibleStepTests {
  /// A fault that fits one host.
  private static let catalogue = FaultCatalogue([
    FaultKind(
      FaultDescription(
        name: "host.power", summary: "Power.", targets: [.host],
        parameters: [.init(name: "mode", summary: "How.", form: .word(["off"]), standard: .word("off"))],
        extent: .held, variants: []),
      assign: { step, host, _ throws(StepRefused) in
        guard let host else { throw StepRefused(step, "the target names no host") }
        if host.bmc == nil { throw StepRefused(step, "host \(host.name) has no bmc") }
        return []
      },
      traits: { _ in throw Untried() })
  ])
  private struct Untried: Error {}

  private func findings(
    _ target: String, _ keys: String = "for: 5s", bmc: String? = nil
  ) throws -> [Diagnostic] {
    var fleet = try lab()
    for index in fleet.hosts.indices {
      fleet.hosts[index].bmc =
        fleet.hosts[index].name == bmc ? .init(ipmi: "10.77.3.11", user: "u", passwordFile: "/p") : nil
    }
    do throws(FileRefused) {
      let text = """
        scenario: s
        steady: {for: 10s, probes: [website]}
        timeline:
          - {at: 0s, fault: host.power, target: \(target), \(keys)}

        """
      return try ScenarioFile.parse(text: text, file: "s", fleet: fleet, catalogue: Self.catalogue)
        .diagnostics
    } catch {
      return error.diagnostics
    }
  }

  @Test("A fault that is impossible on its host is refused with the place of its target")
  func named() throws {
    let found = try findings("{host: falco}")
    #expect(found.map(\.kind) == [.unfit] && places(found) == ["4:41"])
    #expect(try findings("{host: falco}", bmc: "falco") == [])
  }

  @Test(
    "A choice of hosts is refused if the fault fits none of them",
    arguments: ["{host: any}", "{host-of: web}"])
  func chosen(target: String) throws {
    #expect(try findings(target).map(\.kind) == [.unfit])
    #expect(try findings(target, bmc: "falco") == [])
  }

  @Test("A step with another mistake is refused only for this mistake")
  func malformed() throws {
    for found in [try findings("{host: falco}", "mode: up, for: 5s"), try findings("{host: gannet}")] {
      #expect(found.count == 1)
      #expect(!found.contains { $0.kind == .unfit }, "\(found)")
    }
  }
}
