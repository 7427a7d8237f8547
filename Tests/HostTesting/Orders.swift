import Faults
import Scenario

/// The assignment of a step to the host falco, which has the links and addresses of `HostNetwork`. A partition is from
/// the host excelsior, which has the address of `Service`'s visitors, as the manager and falco's BMC have.
///
/// - Parameters:
///   - words: the step's parameters with word values.
///   - others: its parameters with other values.
///   - links: the host's links in the fleet, if they differ; the first one is on the network `internal`.
package func order(
  _ fault: String, _ words: [String: String] = [:], allow: [UInt16]? = nil, target: Target? = nil,
  links: [String] = ["eth0", "eth1"], bmc: Fleet.BMC? = nil, with others: [String: ParameterValue] = [:]
) throws(StepRefused) -> FaultOrder {
  var parameters = words.mapValues { ParameterValue.word($0) }.merging(others) { $1 }
  if let allow { parameters["allow"] = .ports(allow) }
  let standard: Target =
    switch fault {
    case "link.drop", "link.flap", "link.degrade": .link(.named("falco"), network: "internal")
    case let name where name.hasPrefix("vm."): .vm("web")
    case "partition": .sides([["falco"], ["excelsior"]], network: "internal")
    default: .host(.named("falco"))
    }
  let step = Step(
    name: "step-1", trigger: .at(.zero), fault: fault, target: target ?? standard, duration: .seconds(60),
    parameters: parameters)
  let (host, fleet) = testFleet(links, bmc)
  return try Catalogue.order(for: step, on: host, in: fleet)
}

/// The assignment of a variant from the catalogue to the host falco, as by `order(_:_:)`.
///
/// - Parameter process: the arguments of the sleep(1) that a fault of processes hits.
package func order(_ tried: FaultCase, hitting process: String? = nil) throws(StepRefused) -> FaultOrder {
  let (host, fleet) = testFleet(["eth0", "eth1"])
  let site = TrialSite(
    host: host, network: "internal", peer: fleet.hosts[1], vm: fleet.vms[0],
    parameters: process.map { ["executable": .text("/usr/bin/sleep"), "arguments": .text($0)] } ?? [:])
  return try Catalogue.order(
    for: tried.step(at: site, named: "step-1", for: .seconds(60)), on: host, in: fleet)
}

extension FaultCase {
  /// The variant's parameters with word values.
  package var words: [String: String] {
    variant.parameters.compactMapValues { if case .word(let word) = $0 { word } else { nil } }
  }
}

private func testFleet(_ links: [String], _ bmc: Fleet.BMC? = nil) -> (Fleet.Host, Fleet) {
  var networks: [String: String] = [:]
  for (index, link) in links.enumerated() {
    networks[["internal", "external"].dropFirst(index).first ?? "network\(index)"] = link
  }
  let host = Fleet.Host(
    name: "falco", ssh: "root@falco", links: networks,
    addresses: ["internal": ["10.0.0.1", "fd00::1"], "external": ["10.0.1.1", "fd00:1::1"]],
    bmc: bmc ?? Fleet.BMC(ipmi: "10.0.0.2", user: "murphy", passwordFile: "/etc/murphy/bmc"))
  let other = Fleet.Host(
    name: "excelsior", ssh: "root@excelsior", links: networks,
    addresses: ["internal": ["10.0.0.2", "fd00::2"], "external": ["10.0.1.2", "fd00:1::2"]])
  let vm = Fleet.VirtualMachine(name: "web", domain: "guest")
  let manager = Fleet.Manager(addresses: ["10.0.0.2", "fd00::2"])
  return (host, Fleet(name: "tdf", hosts: [host, other], vms: [vm], manager: manager))
}
