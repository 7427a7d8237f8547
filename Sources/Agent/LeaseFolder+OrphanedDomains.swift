import AgentProtocol
import Faults
import Glibc
import Journal
import Libvirt
import Linux

extension LeaseFolder {
  /// Domains on this host with the mark of a lease that has no record here, or is known to be over. They were suspended,
  /// or lost something else, and then migrated here, or returned after the revert.
  package func orphanedDomains(on hypervisor: Connection) throws(LibvirtError) -> [MarkedDomain] {
    try MarkedDomain.all(on: hypervisor).filter { Lease.isName($0.lease) && !mayBeActive($0.lease) }
  }

  /// Reverts the faults on the orphaned domains of some leases, or of all, and removes their marks.
  func recoverOrphanedDomains(
    of leases: [String]? = nil, using instruments: Instruments
  ) throws -> [Recovery] {
    var recovered: [Recovery] = []
    for domain in try orphanedDomains(on: try instruments.hypervisor())
    where leases?.contains(domain.lease) ?? true {
      try domain.revert(using: instruments)
      recovered.append(domain.recovery)
    }
    return recovered
  }

  /// Reverts the faults on all orphaned domains of a host, as `murphy-agent recover` does. Returns none if libvirt isn't
  /// installed or doesn't run.
  ///
  /// - Throws: `HypervisorSilent` if libvirt accepts the connection and doesn't answer within 10 s.
  func recoverOrphanedDomains() throws -> [Recovery] {
    let answers = try Mailbox<Result<[Recovery], any Error>>()
    try startThread(named: "domains") {
      let instruments = Instruments()
      if (try? instruments.hypervisor()) == nil { return answers.post(.success([])) }
      answers.post(Result { try recoverOrphanedDomains(using: instruments) })
    }
    let patience = Clock.monotonic.now + 10_000_000_000
    while Clock.monotonic.now < patience {
      answers.wait(nanoseconds: patience - Clock.monotonic.now)
      if let answer = answers.take().first { return try answer.get() }
    }
    throw HypervisorSilent()
  }

  /// Whether this host has a record of a lease that is not known to be over. An unreadable record counts as one.
  func mayBeActive(_ name: String) -> Bool {
    guard access(file(name), F_OK) == 0 else { return false }
    guard let lease = try? read(name) else { return true }
    return !isKnownToBeOver(lease)
  }
}

extension MarkedDomain {
  /// The domain's state and the next step, for `murphy doctor`.
  package var finding: String {
    if !isFrozen {
      return "has the mark of \(fault) (lease \(lease)): run murphy-agent recover, which reverts it"
    }
    return isPaused
      ? "came from another host, suspended by vm.freeze (lease \(lease)): run murphy-agent recover"
      : "runs and has the mark of vm.freeze (lease \(lease)): run murphy-agent recover, which removes it"
  }

  fileprivate var recovery: Recovery {
    if !isFrozen { return .reverted(fault: fault, object: name, run: "of lease \(lease)", cause: .recover) }
    return isPaused ? .resumed(domain: name, lease: lease) : .unmarked(domain: name, lease: lease)
  }
}

/// libvirt accepts connections and doesn't answer.
struct HypervisorSilent: Error, CustomStringConvertible {
  var description: String {
    "libvirt doesn't answer: domains that came from another host while they were suspended were not examined; "
      + "run murphy-agent recover again when it does"
  }
}
