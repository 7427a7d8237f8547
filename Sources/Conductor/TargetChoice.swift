import Scenario

/// The chosen targets of a step: the hosts on which faults are injected, with the fault for each.
package struct TargetChoice: Sendable {
  /// The fault for each site, in the fleet's order.
  package var assignments: [Assignment]
  /// The virtual machines that the fault hits directly.
  package var vms: [String]
  /// The reason for the choice, for display.
  package var how: String
  /// The hosts that are hit, in the fleet's order: those that are taken, or the sites if none is taken.
  package let hosts: [String]

  /// Chooses a target.
  ///
  /// - Parameters:
  ///   - running: the domains that each host runs, according to its libvirt.
  ///   - draw: chooses one of several possible hosts.
  /// - Throws: `StepRefused` if no target is possible.
  package init(
    _ step: Step, in fleet: Fleet, of catalogue: FaultCatalogue, running: [String: Set<String>],
    drawing draw: ([Fleet.Host]) -> Fleet.Host?
  ) throws(StepRefused) {
    let host: Fleet.Host?
    vms = []
    switch step.target {
    case .host(let selector), .link(let selector, _):
      (host, how) = try Self.host(selector, step, fleet, catalogue, running, draw)
    case .vm(let name):
      (host, how) = try Self.host(.hostOf(name), step, fleet, catalogue, running, draw)
      vms = [name]
    case .sides:
      (host, how) = (nil, "named in the scenario")
    }
    let assignments = try catalogue.assignments(for: step, on: host, in: fleet)
    let taken = Set(assignments.flatMap(\.takes))
    let hit = taken.isEmpty ? Set(assignments.map(\.site.name)) : taken
    hosts = fleet.hosts.map(\.name).filter(hit.contains)
    self.assignments = assignments
  }

  private static func host(
    _ selector: HostSelector, _ step: Step, _ fleet: Fleet, _ catalogue: FaultCatalogue,
    _ running: [String: Set<String>],
    _ draw: ([Fleet.Host]) -> Fleet.Host?
  ) throws(StepRefused) -> (Fleet.Host, String) {
    switch selector {
    case .named(let name):
      guard let host = fleet.host(name) else { throw StepRefused(step, "the fleet has no host '\(name)'") }
      return (host, "named in the scenario")
    case .any:
      guard let host = draw(step.possibleHosts(in: fleet, of: catalogue)) else {
        throw StepRefused(step, "\(step.fault) fits no host of the fleet")
      }
      return (host, "random, by the run's seed")
    case .hostOf(let name):
      guard let vm = fleet.vm(name) else {
        throw StepRefused(step, "the fleet has no virtual machine '\(name)'")
      }
      let hosts = fleet.hosts.filter { running[$0.name]?.contains(vm.domain) == true }
      guard let host = hosts.first else {
        throw StepRefused(step, "\(name) runs on no host that answers: start it, then try again")
      }
      let others = hosts.dropFirst().map(\.name)
      return (
        host,
        "runs \(name)" + (others.isEmpty ? "" : ", which runs on \(others.joined(separator: ", ")) as well")
      )
    }
  }
}

extension Step {
  /// Whether the step's target depends on the host of a virtual machine.
  var asksWhereDomainsRun: Bool {
    switch target {
    case .vm, .host(.hostOf), .link(.hostOf, _): true
    default: false
    }
  }

  /// Whether the seed decides the step's target.
  package var isLeftToChance: Bool {
    switch target {
    case .host(.any), .link(.any, _): true
    default: false
    }
  }

  /// The possible hosts of the step, according to the fleet file.
  func possibleHosts(in fleet: Fleet, of catalogue: FaultCatalogue) -> [Fleet.Host] {
    if let name = namedHost { return fleet.host(name).map { [$0] } ?? [] }
    return fleet.hosts.filter { host in
      do throws(StepRefused) {
        _ = try catalogue.assignments(for: self, on: host, in: fleet)
        return true
      } catch {
        return false
      }
    }
  }

  /// The assignments that the step may have, according to the fleet file.
  package func possibleAssignments(in fleet: Fleet, of catalogue: FaultCatalogue) -> [Assignment] {
    let hosts: [Fleet.Host?] = if case .sides = target { [nil] } else { fleet.hosts }
    return hosts.flatMap { host -> [Assignment] in
      do throws(StepRefused) {
        return try catalogue.assignments(for: self, on: host, in: fleet)
      } catch {
        return []
      }
    }
  }

  /// This step with each host that may be chosen at random. The step must be possible on all of them.
  func candidates(in fleet: Fleet, of catalogue: FaultCatalogue) -> [Step] {
    func named(_ target: (HostSelector) -> Target) -> [Step] {
      possibleHosts(in: fleet, of: catalogue).map { host in
        var step = self
        step.target = target(.named(host.name))
        return step
      }
    }
    let candidates: [Step] =
      switch target {
      case .host(.any): named { .host($0) }
      case .link(.any, let network): named { .link($0, network: network) }
      default: [self]
      }
    // If no host fits, the choice of the target reports the reason later.
    return candidates.isEmpty ? [self] : candidates
  }

  /// The host that the scenario names; nil if the host is chosen in another way.
  var namedHost: String? {
    switch target {
    case .host(.named(let name)), .link(.named(let name), _): name
    default: nil
    }
  }
}
