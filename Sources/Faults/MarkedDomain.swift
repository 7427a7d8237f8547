import FoundationEssentials
import Libvirt
import Scenario

/// A domain with the mark of a lease of a fault that a migration carries along.
///
/// A suspended domain that is migrated arrives suspended, on a host without the lease, and an interface without a carrier
/// arrives without one. The mark is in the domain's own metadata, so it arrives too, and identifies the lease there.
package struct MarkedDomain: Sendable {
  /// The fault's name.
  package let fault: String
  package let lease: String
  /// Whether it is suspended. If not, and the fault is `vm.freeze`, it only has the mark.
  package let isPaused: Bool
  private let domain: Domain
  /// The undo in the mark; nil for `vm.freeze`, which needs none.
  private let undo: Data?

  package var name: String { domain.name }
  /// Whether the mark is of `vm.freeze`, which suspends a domain.
  package var isFrozen: Bool { undo == nil }

  /// All marked domains that run or are suspended on a host, once for each mark.
  package static func all(on hypervisor: Connection) throws(LibvirtError) -> [MarkedDomain] {
    var found: [MarkedDomain] = []
    for domain in try hypervisor.domains(.active) {
      do throws(LibvirtError) {
        let state = try domain.state()
        let isPaused = state == .paused(.user)
        if let lease = try domain.mark() {
          found.append(
            MarkedDomain(fault: VMFreeze.name, lease: lease, isPaused: isPaused, domain: domain, undo: nil))
        }
        if !state.hasArrived { continue }
        for fault in Catalogue.faults where fault.description.targets.contains(.vm) {
          guard let mark = try domain.mark(of: fault.name) else { continue }
          found.append(
            MarkedDomain(
              fault: fault.name, lease: mark.lease, isPaused: isPaused, domain: domain, undo: mark.undo))
        }
      } catch {
        // The domain ended between the list and the query.
        if ![.noDomain, .operationInvalid].contains(error.code) { throw error }
      }
    }
    return found.sorted { ($0.name, $0.fault) < ($1.name, $1.fault) }
  }

  /// Reverts the fault on this domain, and removes the mark.
  package func revert(using instruments: Instruments) throws {
    guard let undo, let kind = Catalogue.fault(named: fault) else {
      return try domain.resumeAndUnmark(lease)
    }
    func act<F: LeasedFault>(_: F.Type) throws {
      try F.revert(try JSONDecoder().decode(F.Undo.self, from: undo), using: instruments)
    }
    try act(kind)
  }
}

extension DomainState {
  /// Whether the domain is not on its way to this host. A mark that is removed during a migration is missing afterwards.
  fileprivate var hasArrived: Bool {
    switch self {
    case .running, .blocked, .paused(.user): true
    default: false
    }
  }
}

extension Domain {
  private static let namespace = "urn:murphy:vm.freeze"
  private static let key = "murphy"

  /// Sets a lease's mark on the domain.
  ///
  /// If the driver stores no metadata, there is no mark, and the domain can still be frozen. Its own host resumes it as
  /// usual. After a migration it must be resumed by hand.
  func setMark(of lease: String) throws(LibvirtError) {
    do throws(LibvirtError) {
      try setMetadata("<lease name='\(lease)'/>", key: Self.key, namespace: Self.namespace)
    } catch {
      if !error.saysThatThereIsNoMetadata { throw error }
    }
  }

  /// The lease of its mark; nil if it has none. A domain that is arriving at this host, or is suspended for another
  /// reason, is not checked, because a mark that is removed during the migration is missing afterwards.
  func mark() throws(LibvirtError) -> String? {
    guard try state().hasArrived else { return nil }
    do throws(LibvirtError) {
      return try metadataAttributes(namespace: Self.namespace)?["name"]
    } catch {
      if error.saysThatThereIsNoMetadata { return nil }
      throw error
    }
  }

  /// Resumes the domain if its user suspended it, then removes the lease's mark. If the process dies between these two
  /// steps, this order leaves a mark without effect, and never a suspended domain without a mark.
  func resumeAndUnmark(_ lease: String?) throws(LibvirtError) {
    if try state() == .paused(.user) { try resume() }
    if let lease, try mark() == lease {
      try setMetadata(nil, key: Self.key, namespace: Self.namespace)
    }
  }
}

extension LibvirtError {
  var saysThatThereIsNoMetadata: Bool {
    [.noSupport, .argumentUnsupported, .operationUnsupported].contains(code)
  }
}
