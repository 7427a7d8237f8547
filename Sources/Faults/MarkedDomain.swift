import Libvirt

/// A domain that bears the mark of a lease of `vm.freeze`, mode pause.
///
/// A suspended domain that is migrated arrives suspended, on a host that has no lease on it. The mark stands in the
/// domain's own metadata, so it arrives too, and says there whose doing that is.
package struct MarkedDomain: Sendable {
  /// The lease.
  package let lease: String
  /// Whether it is suspended; else there is nothing but the mark.
  package let isPaused: Bool
  private let domain: Domain

  /// The domain's name.
  package var name: String { domain.name }

  /// All that run or are suspended on a host.
  package static func all(on hypervisor: Connection) throws(LibvirtError) -> [MarkedDomain] {
    var found: [MarkedDomain] = []
    for domain in try hypervisor.domains(.active) {
      do throws(LibvirtError) {
        guard let lease = try domain.mark() else { continue }
        found.append(
          MarkedDomain(lease: lease, isPaused: try domain.state() == .paused(.user), domain: domain))
      } catch {
        // It ended between the list and the question.
        if ![.noDomain, .operationInvalid].contains(error.code) { throw error }
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  /// Resumes it, if it is suspended by its user, and takes the mark off.
  package func lift() throws(LibvirtError) { try domain.lift(lease) }
}

extension Domain {
  private static let namespace = "urn:murphy:vm.freeze"
  private static let key = "murphy"

  /// Puts a lease's mark on it.
  ///
  /// Where the driver keeps no metadata it stays without, and can be frozen all the same: its own host lifts that as
  /// ever, and only after a migration it would have to be resumed by hand.
  func setMark(of lease: String) throws(LibvirtError) {
    do throws(LibvirtError) {
      try setMetadata("<lease name='\(lease)'/>", key: Self.key, namespace: Self.namespace)
    } catch {
      if !error.saysThatThereIsNoMetadata { throw error }
    }
  }

  /// The lease whose mark it bears; nil where there is none. A domain that is on its way to this host, or stands still
  /// for another reason, is not looked at: what is taken off it now would be missing where it arrives.
  func mark() throws(LibvirtError) -> String? {
    switch try state() {
    case .running, .blocked, .paused(.user): break
    default: return nil
    }
    do throws(LibvirtError) {
      guard let element = try metadata(namespace: Self.namespace) else { return nil }
      // libvirt writes the element anew, so either quote may come.
      let parts = element.split(omittingEmptySubsequences: false) { $0 == "'" || $0 == "\"" }
      guard let name = parts.firstIndex(where: { $0.hasSuffix(" name=") }), name + 1 < parts.endIndex else {
        return nil
      }
      return String(parts[name + 1])
    } catch {
      if error.saysThatThereIsNoMetadata { return nil }
      throw error
    }
  }

  /// Resumes it where its user suspended it, then takes the lease's mark off. In this order, whoever dies in between
  /// leaves a mark that does nothing, rather than a suspended domain of which nobody knows.
  func lift(_ lease: String?) throws(LibvirtError) {
    if try state() == .paused(.user) { try resume() }
    if let lease, try mark() == lease {
      try setMetadata(nil, key: Self.key, namespace: Self.namespace)
    }
  }
}

extension LibvirtError {
  fileprivate var saysThatThereIsNoMetadata: Bool {
    [.noSupport, .argumentUnsupported, .operationUnsupported].contains(code)
  }
}
