import Libvirt

/// A domain with the mark of a lease of `vm.freeze`, mode pause.
///
/// A suspended domain that is migrated arrives suspended, on a host without the lease. The mark is in the domain's own
/// metadata, so it arrives too, and identifies the lease there.
package struct MarkedDomain: Sendable {
  package let lease: String
  /// Whether it is suspended. If not, it only has the mark.
  package let isPaused: Bool
  private let domain: Domain

  package var name: String { domain.name }

  /// All marked domains that run or are suspended on a host.
  package static func all(on hypervisor: Connection) throws(LibvirtError) -> [MarkedDomain] {
    var found: [MarkedDomain] = []
    for domain in try hypervisor.domains(.active) {
      do throws(LibvirtError) {
        guard let lease = try domain.mark() else { continue }
        found.append(
          MarkedDomain(lease: lease, isPaused: try domain.state() == .paused(.user), domain: domain))
      } catch {
        // The domain ended between the list and the query.
        if ![.noDomain, .operationInvalid].contains(error.code) { throw error }
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  /// Resumes the domain if its user suspended it, and removes the mark.
  package func resumeAndUnmark() throws(LibvirtError) { try domain.resumeAndUnmark(lease) }
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
    switch try state() {
    case .running, .blocked, .paused(.user): break
    default: return nil
    }
    do throws(LibvirtError) {
      guard let element = try metadata(namespace: Self.namespace) else { return nil }
      // libvirt rewrites the element, so either quote may be used.
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
  fileprivate var saysThatThereIsNoMetadata: Bool {
    [.noSupport, .argumentUnsupported, .operationUnsupported].contains(code)
  }
}
