import ArgumentParser
import Faults
import Files
import Glibc
import Linux
import Scenario

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Reads fleet and scenario files and tells every mistake; touches nothing."
  )

  @OptionGroup var fleet: FleetOption
  @Argument(
    help: "Fleet or scenario files, in any order; a scenario is checked against the fleet among them.")
  var files: [String]

  func run() throws {
    var complaints: [String] = []
    var scenarios: [String] = []
    var given: Fleet?
    var isFleetBroken = false
    for path in files {
      do throws(FileRefused) {
        switch try FileKind.detect(path: path) {
        case .fleet:
          let parsed = try FleetFile.read(path: path)
          given = parsed.value
          complaints += parsed.diagnostics.map(\.description)
        case .scenario: scenarios.append(path)
        case nil:
          complaints.append(
            "\(path):1:1: error: neither a fleet (key 'fleet') nor a scenario (key 'scenario')")
          isFleetBroken = true
        }
      } catch {
        complaints.append(error.description)
        isFleetBroken = true
      }
    }
    var hasErrors = isFleetBroken
    if !scenarios.isEmpty {
      if given == nil, isFleetBroken, fleet.fleet == nil {
        complaints.append("the scenarios were not checked, since the fleet among the files has mistakes")
      } else {
        let fleet = try given ?? self.fleet.read()
        for path in scenarios {
          do throws(FileRefused) {
            let parsed = try ScenarioFile.read(path: path, fleet: fleet, catalogue: Catalogue.descriptions)
            complaints += parsed.diagnostics.map(\.description)
          } catch {
            complaints.append(error.description)
            hasErrors = true
          }
        }
      }
    }
    if hasErrors { throw Stop(.badInput, complaints.joined(separator: "\n")) }
    for complaint in complaints { printToStandardError(complaint) }
    for path in files { print("\(path): ok") }
  }
}
