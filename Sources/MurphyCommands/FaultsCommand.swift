import ArgumentParser
import Faults
import Scenario

struct FaultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults", abstract: "Lists the faults with their targets and parameters.")

  func run() throws {
    for fault in Catalogue.builtIn.descriptions {
      print("\(fault.name)  (target: \(fault.targets.map(\.rawValue).joined(separator: ", ")))")
      print("  \(fault.summary)")
      for parameter in fault.parameters {
        print("  \(parameter.name): \(parameter.form.words), default \(parameter.standard.words)")
        print("    \(parameter.summary)")
      }
    }
  }
}

extension FaultDescription.Form {
  var words: String {
    switch self {
    case .word(let words): words.joined(separator: " | ")
    case .ports: "[PORT, …]"
    case .flag: "true | false"
    }
  }
}

extension ParameterValue {
  var words: String {
    switch self {
    case .word(let word): word
    case .ports(let ports): "[\(ports.map(String.init).joined(separator: ", "))]"
    case .flag(let flag): "\(flag)"
    }
  }
}
