import Scenario
import ArgumentParser
import Faults
import Files

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of fleet, scenario, schedule or lab files, for editors.")

  enum Kind: String, ExpressibleByArgument, CaseIterable { case fleet, scenario, schedule, lab }
  @Argument(help: "fleet, scenario, schedule or lab") var kind: Kind

  func run() throws {
    switch kind {
    case .fleet: print(try FleetFile.schema())
    case .scenario: print(try ScenarioFile.schema(catalogue: Catalogue.builtIn))
    case .lab: print(try LabFile.schema())
    case .schedule: print(try ScheduleFile.schema())
    }
  }
}
