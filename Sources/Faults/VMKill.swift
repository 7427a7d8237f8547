import Linux
import Scenario

/// `vm.kill`: the process of a virtual machine is killed.
package struct VMKill: KillFault {
  /// What starts it again.
  package enum Restart: String, Codable, CaseIterable, Sendable {
    /// The cluster manager, on any host.
    case manager
    /// Nothing, as far as Murphy can see.
    case leave
  }

  let domain: String
  let restart: Restart

  package static let description = FaultDescription(
    name: "vm.kill", summary: "A virtual machine ends at once: its QEMU process is killed (SIGKILL).",
    targets: [.vm],
    parameters: [
      .init(
        name: "restart",
        summary:
          "What starts it again. manager: the cluster manager, which Murphy can't check. leave: nothing; the host's policy must name the fault under damage.",
        form: .word(Restart.allCases.map(\.rawValue)), standard: nil, isRequired: true,
        example: .word(Restart.manager.rawValue), exampleWithoutManager: .word(Restart.leave.rawValue))
    ], extent: .instant,
    variants: [.init("left dead", ["restart": "leave"], observed: .onDomain(.gone))])

  /// The kill of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
    guard let restart = Self.word("restart", of: step).flatMap(Restart.init) else {
      throw StepRefused(step, "restart is manager or leave", of: "restart")
    }
    self.restart = restart
  }

  /// `web (left dead)`.
  package var object: String { domain + (restart == .leave ? " (left dead)" : " (restarted by its manager)") }
  package var footprint: [Resource] { [Resource(.domain, domain)] }
  /// What starts it again, if anything does.
  package var undoing: String {
    switch restart {
    case .manager: "the cluster manager starts domain \(domain) again, here or on another host"
    case .leave: "domain \(domain) stays dead until something other than Murphy starts it"
    }
  }
  /// As the step's `restart` determines.
  package var reversal: Reversal { restart == .manager ? .restart : .damage }

  /// Whether the domain runs here, and its process may be killed.
  package func missing(using instruments: Instruments) -> [String] {
    instruments.missing(for: domain) { _ in
      // The null signal only checks the permission; see kill(2).
      try ProcessIdentity(ofDomain: domain).signal(0) ? [] : ["domain \(domain): its QEMU process is gone"]
    }
  }

  package func remarks(using instruments: Instruments) throws -> [String] {
    restart == .leave
      ? []
      : [
        "Murphy can't check that a manager starts \(domain) again: if none does, the platform doesn't recover"
      ]
  }

  /// The domain's process, for the check of the effect. There is nothing to undo.
  func snapshot(for lease: String, using instruments: Instruments) throws -> HitProcess {
    _ = try instruments.runningDomain(domain)
    return HitProcess(process: try ProcessIdentity(ofDomain: domain), name: domain)
  }
}
