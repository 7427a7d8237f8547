internal import CLibvirt
import FoundationEssentials
import Glibc

extension Connection {
  /// Which domains to list.
  package enum DomainFilter: Sendable {
    /// Every domain.
    case all
    /// Those with a hypervisor process: running, paused, or crashed and kept.
    case active
    /// Those that are defined but shut off.
    case inactive
  }

  /// The host's domains, unordered.
  package func domains(_ filter: DomainFilter = .all) throws(LibvirtError) -> [Domain] {
    let flags: UInt32 =
      switch filter {
      case .all: 0
      case .active: VIR_CONNECT_LIST_DOMAINS_ACTIVE.rawValue
      case .inactive: VIR_CONNECT_LIST_DOMAINS_INACTIVE.rawValue
      }
    var list: UnsafeMutablePointer<OpaquePointer?>?
    let count = try call("list the domains of") { virConnectListAllDomains($0, &list, flags) }
    defer { free(list) }
    return UnsafeBufferPointer(start: list, count: Int(count)).compactMap { pointer in
      pointer.map { Domain(adopting: $0, of: self) }
    }
  }

  /// The domain of this name; throws ``LibvirtError/Code/noDomain`` if there is none.
  package func domain(named name: String) throws(LibvirtError) -> Domain {
    Domain(
      adopting: try acquire("look up", on: "domain \(name)") { virDomainLookupByName($0, name) }, of: self)
  }

  /// The domain of this UUID; throws ``LibvirtError/Code/noDomain`` if there is none.
  package func domain(uuid: UUID) throws(LibvirtError) -> Domain {
    let found = try acquire("look up", on: "domain \(uuid)") { connection in
      withUnsafeBytes(of: uuid.uuid) { bytes in
        virDomainLookupByUUID(connection, bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
      }
    }
    return Domain(adopting: found, of: self)
  }

  /// Defines a persistent domain from its XML (<https://libvirt.org/formatdomain.html>), without starting it.
  ///
  /// An existing domain of the same name and UUID is redefined.
  package func defineDomain(xml: String) throws(LibvirtError) -> Domain {
    Domain(adopting: try acquire("define", on: "a domain") { virDomainDefineXML($0, xml) }, of: self)
  }

  /// Starts a transient domain from its XML: its definition ends when it stops. Blocks until the guest runs.
  package func createDomain(xml: String) throws(LibvirtError) -> Domain {
    Domain(adopting: try acquire("create", on: "a domain") { virDomainCreateXML($0, xml, 0) }, of: self)
  }
}
