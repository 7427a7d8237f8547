import ArgumentParser
import Files
import FoundationEssentials
import Scenario

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Checks whether this machine can be a controller, a host and the machine of a lab.",
    discussion: """
      Every fault of links and firewalls is really injected and reverted, on a link in a temporary network namespace. \
      No link or rule of the machine is changed. For a controller, each BMC of the fleet is queried for its host's \
      power. No power is changed.

      Exit codes: 0 nothing is missing; 1 something is missing; 5 a fault may still be active here, and the \
      output names the command that reverts it. All three uses are examined unless --as names some. On a host, a fault \
      that is impossible but not allowed by the policy doesn't count as missing.
      """)

  @Option(
    name: .customLong("as"), help: "The use of the machine; may be given several times. Default: all three.")
  var uses: [Diagnosis.Use] = []
  @Option(help: "The fleet whose BMCs are queried. Default: the fleet of the only running lab.") var fleet:
    String?
  @Flag(help: "Prints JSON.") var json = false

  func validate() throws { try refuseEmpty(["--fleet": fleet]) }

  func run() throws {
    let asked = uses.isEmpty ? Diagnosis.Use.allCases : Diagnosis.Use.allCases.filter { uses.contains($0) }
    var diagnosis = Diagnosis()
    let fleet = asked.contains(.controller) ? try readFleet() : nil
    for use in asked { diagnosis.sections.append(.init(use: use, findings: try use.examine(for: fleet))) }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(diagnosis), as: UTF8.self))
    } else {
      print(diagnosis.description)
    }
    if diagnosis.code != .allMet { throw Stop(diagnosis.code) }
  }

  private func readFleet() throws -> Fleet? {
    guard case .file(let path) = FleetOption.source(given: fleet) else { return nil }
    do throws(FileRefused) {
      return try FleetFile.read(path: path).value
    } catch {
      // The file of a lab, which the user didn't name, may be deleted at any time.
      if fleet == nil { return nil }
      throw Stop(.badInput, error.description)
    }
  }
}

extension Diagnosis.Use: ExpressibleByArgument {}
