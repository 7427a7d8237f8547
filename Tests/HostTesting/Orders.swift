import Faults
import Scenario

/// The fault that a step asks of the host falco, which has the links of `HostNetwork`.
///
/// - Parameter words: the step's parameters that are words.
public func order(
  _ fault: String, _ words: [String: String] = [:], allow: [UInt16]? = nil, target: Target? = nil
) throws(StepRefused) -> FaultOrder {
  var parameters = words.mapValues { ParameterValue.word($0) }
  if let allow { parameters["allow"] = .ports(allow) }
  let standard: Target =
    switch fault {
    case "link.drop": .link(.named("falco"), network: "internal")
    case "vm.freeze": .vm("web")
    default: .host(.named("falco"))
    }
  let step = Step(
    name: "step-1", trigger: .at(.zero), fault: fault, target: target ?? standard, duration: .seconds(60),
    parameters: parameters)
  let host = Fleet.Host(
    name: "falco", ssh: "root@falco", links: ["internal": "eth0", "external": "eth1"])
  return try Catalogue.order(
    for: step, on: host,
    in: Fleet(name: "tdf", hosts: [host], vms: [Fleet.VirtualMachine(name: "web", domain: "guest")]))
}
