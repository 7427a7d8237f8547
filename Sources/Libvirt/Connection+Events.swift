internal import CLibvirt
import Glibc
import Synchronization

extension Connection {
  /// The lifecycle events of all domains from now on, in libvirt's order.
  ///
  /// To miss no change, open the stream first and query states afterwards. Events are buffered without limit until
  /// they are read. Each stream is for one reader; open as many as needed.
  ///
  /// The stream ends when the connection is lost, when its reader is cancelled, and when it is released. None of
  /// these blocks. The stream keeps the connection open until then.
  package func domainEvents() throws(LibvirtError) -> AsyncStream<DomainEvent> {
    try registration.withLock { id throws(LibvirtError) in
      if id == nil { id = try register() }
    }
    return feed.makeStream(keeping: self)
  }

  /// Registers for events for the lifetime of the connection. Returns the id for deregistering.
  private func register() throws(LibvirtError) -> CInt {
    let box = Unmanaged.passRetained(feed)
    do throws(LibvirtError) {
      return try call("register for the domain events of") {
        connect_domain_lifecycle_register($0, domainChanged, box.toOpaque(), releaseFeed)
      }
    } catch {
      box.release()
      throw error
    }
  }

  /// Ends the feed when the connection is lost: the daemon ended, or keepalive closed the connection.
  static func watchForLoss(of connection: OpaquePointer, _ feed: DomainEventFeed) -> CInt {
    let box = Unmanaged.passRetained(feed)
    let result = virConnectRegisterCloseCallback(connection, connectionLost, box.toOpaque(), releaseFeed)
    if result < 0 { box.release() }
    return result
  }

  /// Reverts ``watchForLoss(of:_:)``.
  static func unwatch(_ connection: OpaquePointer) {
    virConnectUnregisterCloseCallback(connection, connectionLost)
  }
}

/// libvirt calls this on the event loop's thread.
private func domainChanged(
  _: OpaquePointer?, domain: OpaquePointer?, event: CInt, detail: CInt, box: UnsafeMutableRawPointer?
) -> CInt {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  guard let domain, let box else { return 0 }
  let (name, uuid) = identity(of: domain)
  Unmanaged<DomainEventFeed>.fromOpaque(box).takeUnretainedValue().yield(
    DomainEvent(
      name: name, uuid: uuid, kind: DomainEvent.Kind(event), detail: detail,
      monotonicNanoseconds: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)))
  return 0
}

/// libvirt calls this on the event loop's thread, or on a thread that waits for the daemon's reply.
private func connectionLost(_: OpaquePointer?, _: CInt, box: UnsafeMutableRawPointer?) {
  guard let box else { return }
  Unmanaged<DomainEventFeed>.fromOpaque(box).takeUnretainedValue().finish()
}

private func releaseFeed(_ box: UnsafeMutableRawPointer?) {
  guard let box else { return }
  Unmanaged<DomainEventFeed>.fromOpaque(box).release()
}
