import Scenario
import ArgumentParser
import Faults
import Files

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Prints the JSON Schema of fleet or scenario files, for editors.")

  enum Kind: String, ExpressibleByArgument, CaseIterable { case fleet, scenario }
  @Argument(help: "fleet or scenario") var kind: Kind

  func run() throws {
    switch kind {
    case .fleet: print(try FleetFile.schema())
    case .scenario: print(try ScenarioFile.schema(catalogue: Catalogue.builtIn))
    }
  }
}
