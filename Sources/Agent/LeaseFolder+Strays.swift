import AgentProtocol
import Faults
import Glibc
import Libvirt
import Linux

extension LeaseFolder {
  /// Domains here that bear a lease's mark, though nobody on this host is to lift that lease: they came from another
  /// host while they were frozen, or came back after it was lifted.
  package func strays(on hypervisor: Connection) throws(LibvirtError) -> [MarkedDomain] {
    try MarkedDomain.all(on: hypervisor).filter { Lease.isName($0.lease) && !isHeld($0.lease) }
  }

  /// Lifts the strays of some leases, or of all.
  ///
  /// - Returns: what was done, a line each.
  func liftStrays(of leases: [String]? = nil, on hypervisor: Connection) throws(LibvirtError) -> [String] {
    var lines: [String] = []
    for stray in try strays(on: hypervisor) where leases?.contains(stray.lease) ?? true {
      try stray.lift()
      lines.append(stray.lifted)
    }
    return lines
  }

  /// Lifts all strays of a host, as `murphy-agent recover` does; none where libvirt isn't there or doesn't run.
  ///
  /// - Throws: `HypervisorSilent` where libvirt takes the connection and says nothing for 10 s.
  func recoverStrays() throws -> [String] {
    let answers = try Mailbox<Result<[String], any Error>>()
    try startThread(named: "strays") {
      guard let hypervisor = try? Instruments().hypervisor() else { return answers.post(.success([])) }
      answers.post(Result { try liftStrays(on: hypervisor) })
    }
    let patience = Clock.monotonic.now + 10_000_000_000
    while Clock.monotonic.now < patience {
      answers.wait(nanoseconds: patience - Clock.monotonic.now)
      if let answer = answers.take().first { return try answer.get() }
    }
    throw HypervisorSilent()
  }

  /// Whether there is a record by which it is yet to be lifted here; one that can't be read may be one.
  private func isHeld(_ name: String) -> Bool {
    guard access(file(name), F_OK) == 0 else { return false }
    guard let lease = try? read(name) else { return true }
    return (try? standing(of: lease))?.revert == nil
  }
}

extension MarkedDomain {
  /// How `murphy doctor` names it.
  package var stands: String {
    isPaused
      ? "domain \(name) came from another host, paused by vm.freeze (lease \(lease)): run murphy-agent recover"
      : "domain \(name) runs and bears the mark of vm.freeze's lease \(lease): murphy-agent recover takes it off"
  }

  fileprivate var lifted: String {
    isPaused
      ? "lifted vm.freeze \(name) (pause), which came from another host (lease \(lease))"
      : "took the mark of vm.freeze's lease \(lease) off domain \(name), which runs"
  }
}

/// A libvirt that doesn't answer.
struct HypervisorSilent: Error, CustomStringConvertible {
  var description: String {
    "libvirt doesn't answer: domains that came from another host while they were frozen were not looked for; "
      + "run murphy-agent recover again when it does"
  }
}
