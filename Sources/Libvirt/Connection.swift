internal import CLibvirt
import Dispatch
import Synchronization

/// A connection to a hypervisor through libvirt.
///
/// Every call is synchronous and blocks its thread until the daemon replies. Call from a dedicated thread or serial
/// executor, never from Swift's cooperative pool. libvirt's handles may be used from any thread, and from several at
/// once.
///
/// If the daemon hangs, the call hangs. ``KeepAlive`` limits that, except in ``open(_:access:keepAlive:)`` before
/// keepalive is negotiated. A daemon that is alive but waits for a hung QEMU doesn't trigger keepalive: calls that need
/// QEMU's reply, such as ``Domain/suspend()``, then wait without limit.
///
/// The connection closes soon after the last reference to it is released, including those of its domains and event
/// streams. Releasing never blocks: closing, which sends a message to the daemon, runs on a separate thread.
///
/// The first connection starts libvirt's event loop on a separate thread, and stops libvirt from printing errors to
/// stderr, both for the whole process. Failures are reported as ``LibvirtError``. A process that registers its own
/// libvirt event loop can't use this module.
package final class Connection: Sendable {
  package enum Access: Sendable {
    /// All operations that the daemon grants the caller.
    case readWrite
    /// Queries and events only; other calls fail with ``LibvirtError/Code/operationDenied``.
    case readOnly
  }

  /// How long a daemon may be silent before the connection is closed (`virConnectSetKeepAlive`).
  ///
  /// A silent daemon gets a probe every ``interval`` seconds. After ``count`` probes without a reply the connection
  /// is closed, pending calls fail, and event streams end: (count + 1) × interval seconds in total.
  package struct KeepAlive: Hashable, Sendable {
    /// Seconds of silence before each probe.
    package let interval: Int32
    /// The number of probes without a reply after which the connection is closed.
    package let count: UInt32

    /// Probes every `interval` seconds (more than 0), at most `count` times.
    package init(interval: Int32, count: UInt32) {
      precondition(interval > 0, "a keepalive interval is at least one second")
      self.interval = interval
      self.count = count
    }
  }

  package let uri: String

  // libvirt locks its handles itself, and this variable is set once.
  private nonisolated(unsafe) let pointer: OpaquePointer
  let feed: DomainEventFeed
  /// The id for deregistering from domain events; nil until they are requested.
  let registration = Mutex<CInt?>(nil)
  /// Whether the remote end is a daemon, rather than a driver in this process.
  private let isRemote: Bool

  /// Connects to the hypervisor at `uri`, for example `qemu:///system`. Blocks.
  ///
  /// `keepAlive` is ignored for a driver in this process, such as `test:///`, and if the daemon doesn't support it;
  /// nil disables it.
  package static func open(
    _ uri: String, access: Access = .readWrite, keepAlive: KeepAlive? = KeepAlive(interval: 5, count: 3)
  ) throws(LibvirtError) -> Connection {
    try EventLoop.start()
    let opened =
      switch access {
      case .readWrite: virConnectOpen(uri)
      case .readOnly: virConnectOpenReadOnly(uri)
      }
    guard let opened else { throw .last("open", "connection to \(uri)") }
    do throws(LibvirtError) {
      let isRemote = try setKeepAlive(keepAlive, on: opened, uri: uri)
      let feed = DomainEventFeed()
      if isRemote, watchForLoss(of: opened, feed) < 0 { throw .last("watch", "connection to \(uri)") }
      return Connection(uri: uri, pointer: opened, feed: feed, isRemote: isRemote)
    } catch {
      virConnectClose(opened)
      throw error
    }
  }

  private init(uri: String, pointer: OpaquePointer, feed: DomainEventFeed, isRemote: Bool) {
    self.uri = uri
    self.pointer = pointer
    self.feed = feed
    self.isRemote = isRemote
  }

  deinit {
    nonisolated(unsafe) let pointer = pointer
    let isRemote = isRemote
    let registration = registration.withLock { $0 }
    // The last reference may be released anywhere: where a reader is cancelled, or in libvirt's own callback, which
    // holds a lock that closing needs. Closing may block, so it runs on a separate thread.
    DispatchQueue(label: "libvirt.close").async {
      // Both registrations have references to the handle, so the handle closes only once they are removed. If a call
      // fails here, the connection is lost, and the daemon then removes the registrations.
      if let registration { virConnectDomainEventDeregisterAny(pointer, registration) }
      if isRemote { Self.unwatch(pointer) }
      virConnectClose(pointer)
    }
  }

  /// Returns whether the remote end is a daemon, rather than a driver in this process.
  private static func setKeepAlive(
    _ keepAlive: KeepAlive?, on pointer: OpaquePointer, uri: String
  ) throws(LibvirtError) -> Bool {
    // An interval of 0 turns keepalive off. 1 means that the daemon doesn't support keepalive.
    if virConnectSetKeepAlive(pointer, keepAlive?.interval ?? 0, keepAlive?.count ?? 0) >= 0 { return true }
    let error = LibvirtError.last("set keepalive on", "connection to \(uri)")
    guard error.code == .noSupport else { throw error }
    return false
  }

  /// Whether the connection is usable: false once the daemon ended or keepalive closed it.
  ///
  /// Checks only this end and sends nothing to the daemon. A lost connection never recovers; open another.
  package func isAlive() throws(LibvirtError) -> Bool {
    try call("check") { virConnectIsAlive($0) } == 1
  }

  /// Runs a call that reports failure by a negative result.
  @discardableResult
  func call(_ operation: String, _ body: (OpaquePointer) -> CInt) throws(LibvirtError) -> CInt {
    let result = withExtendedLifetime(self) { body(pointer) }
    guard result >= 0 else { throw .last(operation, "connection to \(uri)") }
    return result
  }

  /// Runs a call that returns an object, or reports failure by NULL.
  func acquire<Result>(
    _ operation: String, on object: String? = nil, _ body: (OpaquePointer) -> Result?
  ) throws(LibvirtError) -> Result {
    guard let result = withExtendedLifetime(self, { body(pointer) }) else {
      throw .last(operation, object.map { "\($0) at \(uri)" } ?? "connection to \(uri)")
    }
    return result
  }
}
