import FoundationEssentials
import Libvirt

/// The mark of a lease on a domain whose live state a fault has changed, in libvirt's live metadata.
///
/// A migration carries the changed state along, and the mark with it, to a host that doesn't have the lease. So the mark
/// contains the undo, and that host can revert the fault. When the domain ends, the mark ends with the changed state: a
/// domain that was started again has none, and nothing of it is reverted. A domain has one mark for each fault.
struct DomainMark: Equatable {
  var lease: String
  /// The undo from the lease.
  var undo: Data

  fileprivate static let key = "murphy"
  fileprivate static func namespace(_ fault: String) -> String { "urn:murphy:\(fault)" }
}

extension Domain {
  /// Sets a fault's mark on the running domain.
  ///
  /// - Throws: `DomainMarkedAlready` if another lease has marked it.
  func setMark(_ mark: DomainMark, of fault: String) throws {
    if let other = try self.mark(of: fault), other.lease != mark.lease {
      throw DomainMarkedAlready(domain: name, lease: other.lease, fault: fault)
    }
    try setMetadata(
      "<lease name='\(mark.lease)' undo='\(mark.undo.base64EncodedString())'/>", key: DomainMark.key,
      namespace: DomainMark.namespace(fault))
  }

  /// The domain's mark of a fault; nil if it has none or has ended.
  func mark(of fault: String) throws(LibvirtError) -> DomainMark? {
    guard try isActive() else { return nil }
    let found: [String: String]?
    do throws(LibvirtError) {
      found = try metadataAttributes(namespace: DomainMark.namespace(fault))
    } catch {
      if error.saysThatThereIsNoMetadata { return nil }
      throw error
    }
    guard let lease = found?["name"], let undo = found?["undo"].flatMap({ Data(base64Encoded: $0) }) else {
      return nil
    }
    return DomainMark(lease: lease, undo: undo)
  }

  func removeMark(of fault: String) throws(LibvirtError) {
    try setMetadata(nil, key: DomainMark.key, namespace: DomainMark.namespace(fault))
  }
}

/// A domain has the mark of another lease of the same fault.
struct DomainMarkedAlready: Error, Equatable, CustomStringConvertible {
  var domain: String
  var lease: String
  var fault: String
  var description: String {
    "domain \(domain) has the mark of lease \(lease) of \(fault): begin this step after its end; if that lease is over, "
      + "run murphy-agent recover"
  }
}

/// A domain that a lease has marked was started again, so that nothing of the fault is left.
struct DomainStartedAgain: Error, Equatable, CustomStringConvertible {
  var domain: String
  var description: String { "domain \(domain) was started again since its lease was armed: run again" }
}
