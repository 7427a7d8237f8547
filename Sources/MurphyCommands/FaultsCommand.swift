import ArgumentParser
import Faults
import Scenario

struct FaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults", abstract: "Lists the faults with their targets and parameters.")

  func run() throws {
    for fault in Catalogue.builtIn.descriptions {
      print(fault.name)
      print("  \(fault.summary)")
      print("  target: \(fault.targetForms)")
      for parameter in fault.parameters {
        print(
          "  \(parameter.name): \(parameter.form.words), \(parameter.standard.map { "default \($0.words)" } ?? "no default")"
        )
        print("    \(parameter.summary)")
      }
    }
  }
}

extension FaultDescription {
  /// The YAML forms of the fault's targets.
  var targetForms: String {
    targets.map { kind in
      switch kind {
      case .host: "{host: NAME}, {host: any} or {host-of: VM}"
      case .link: "{host: NAME, network: NETWORK}; 'host: any' or 'host-of: VM' may replace 'host: NAME'"
      case .vm: "{vm: NAME}"
      case .sides: "{sides: [[HOST], [HOST]], network: NETWORK}; without network on all networks"
      }
    }.joined(separator: "; ")
  }
}
