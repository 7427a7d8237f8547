internal import CLibvirt
import FoundationEssentials

/// A guest, or the definition of one.
///
/// A handle stays valid when its guest stops; calls then fail with ``LibvirtError/Code/noDomain`` or
/// ``LibvirtError/Code/operationInvalid``. It keeps its ``Connection`` open. Every call blocks, see ``Connection``.
package final class Domain: Sendable {
  /// The name at the time when this handle was made.
  package let name: String
  /// The UUID. It never changes, and is the same on every host that the domain migrates to.
  ///
  /// `uuidString` is upper case, libvirt's own output lower case.
  package let uuid: UUID
  package let connection: Connection

  // libvirt locks its handles itself, and this variable is set once.
  private nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes ownership of the caller's reference to a domain.
  init(adopting pointer: OpaquePointer, of connection: Connection) {
    self.pointer = pointer
    self.connection = connection
    (name, uuid) = identity(of: pointer)
  }

  deinit {
    virDomainFree(pointer)
  }

  /// Runs a call that reports failure by a negative result.
  @discardableResult
  func call(_ operation: String, _ body: (OpaquePointer) -> CInt) throws(LibvirtError) -> CInt {
    let result = withExtendedLifetime(self) { body(pointer) }
    guard result >= 0 else { throw .last(operation, "domain \(name) at \(connection.uri)") }
    return result
  }

  var handleID: UInt32 {
    withExtendedLifetime(self) { virDomainGetID(pointer) }
  }

  /// Runs a call that returns an object, or reports failure by NULL.
  func acquire<Result>(
    _ operation: String, _ body: (OpaquePointer) -> Result?
  ) throws(LibvirtError) -> Result {
    guard let result = withExtendedLifetime(self, { body(pointer) }) else {
      throw .last(operation, "domain \(name) at \(connection.uri)")
    }
    return result
  }
}

/// A domain's name and UUID from its handle: needs no call to the daemon, and can't fail for a handle that libvirt
/// just returned.
func identity(of domain: OpaquePointer) -> (name: String, uuid: UUID) {
  var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  withUnsafeMutableBytes(of: &uuid) { bytes in
    _ = virDomainGetUUID(domain, bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
  }
  return (virDomainGetName(domain).map { String(cString: $0) } ?? "", UUID(uuid: uuid))
}
