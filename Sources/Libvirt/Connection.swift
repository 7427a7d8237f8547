internal import CLibvirt
import Dispatch
import Synchronization

/// A connection to a hypervisor through libvirt.
///
/// Every call is synchronous and blocks its thread until the daemon answered. Call from a thread or a serial
/// executor of your own, never from Swift's cooperative pool. libvirt's handles may be used from any thread,
/// and from several at once.
///
/// A daemon that hangs, hangs the call: ``KeepAlive`` bounds that, except in ``open(_:access:keepAlive:)``,
/// before it is agreed on. A daemon that lives, and itself waits for a hung QEMU, is no hung daemon: what
/// needs QEMU's answer, such as ``Domain/suspend()``, then waits with it, without bound.
///
/// The connection closes soon after the last reference to it went, including those that its domains and
/// event streams hold. Letting go never blocks: closing, which tells the daemon, has a thread of its own.
///
/// The first connection starts libvirt's event loop on a thread of its own and silences libvirt's habit of
/// printing errors to stderr, both for the whole process: see ``LibvirtError`` for what failed. A process
/// that registers a libvirt event loop itself can't use this module.
package final class Connection: Sendable {
  /// What a connection may do.
  package enum Access: Sendable {
    /// Everything that the daemon grants the caller.
    case readWrite
    /// Queries and events alone; the rest fails with ``LibvirtError/Code/operationDenied``.
    case readOnly
  }

  /// How long a daemon may stay silent before the connection is given up (`virConnectSetKeepAlive`).
  ///
  /// A silent daemon is asked every ``interval`` seconds; after ``count`` questions without an answer the
  /// connection is closed, pending calls fail, and event streams end: (count + 1) × interval seconds in all.
  package struct KeepAlive: Hashable, Sendable {
    /// Seconds of silence before each question.
    package let interval: Int32
    /// Unanswered questions until the connection is closed.
    package let count: UInt32

    /// Asks every `interval` seconds (more than 0), at most `count` times.
    package init(interval: Int32, count: UInt32) {
      precondition(interval > 0, "a keepalive interval is at least one second")
      self.interval = interval
      self.count = count
    }
  }

  /// The URI that this connection was opened with.
  package let uri: String

  // libvirt locks its handles itself, and this one is set once.
  private nonisolated(unsafe) let pointer: OpaquePointer
  let feed: DomainEventFeed
  /// By what to deregister from domain events; nil until somebody asks for them.
  let registration = Mutex<CInt?>(nil)
  /// Whether there is a daemon at the other end, rather than a driver inside this process.
  private let isRemote: Bool

  /// Connects to the hypervisor at `uri`, for example `qemu:///system`. Blocks.
  ///
  /// `keepAlive` has no meaning for a driver inside this process, such as `test:///`, and is left out where
  /// the daemon doesn't know it; nil leaves it out everywhere.
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
    // The last reference may go anywhere: where a reader is cancelled, or in libvirt's own callback, which
    // holds a lock that this needs. So closing, which may block, has a thread of its own.
    DispatchQueue(label: "libvirt.close").async {
      // Both registrations hold references to the handle: without this it never closes. A call that fails
      // here does so because the connection is lost, and the daemon then drops what was ours.
      if let registration { virConnectDomainEventDeregisterAny(pointer, registration) }
      if isRemote { Self.unwatch(pointer) }
      virConnectClose(pointer)
    }
  }

  /// Returns whether there is a daemon at the other end, rather than a driver inside this process.
  private static func setKeepAlive(
    _ keepAlive: KeepAlive?, on pointer: OpaquePointer, uri: String
  ) throws(LibvirtError) -> Bool {
    // An interval of 0 turns keepalive off. 1 means that the daemon doesn't know keepalive.
    if virConnectSetKeepAlive(pointer, keepAlive?.interval ?? 0, keepAlive?.count ?? 0) >= 0 { return true }
    let error = LibvirtError.last("set keepalive on", "connection to \(uri)")
    guard error.code == .noSupport else { throw error }
    return false
  }

  /// Whether the connection can still be used: false once the daemon went away or keepalive gave it up.
  ///
  /// Looks at this end alone and doesn't ask the daemon. A lost connection never comes back; open another.
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

  /// Runs a call that hands something over, or reports failure by NULL.
  func acquire<Result>(
    _ operation: String, on object: String? = nil, _ body: (OpaquePointer) -> Result?
  ) throws(LibvirtError) -> Result {
    guard let result = withExtendedLifetime(self, { body(pointer) }) else {
      throw .last(operation, object.map { "\($0) at \(uri)" } ?? "connection to \(uri)")
    }
    return result
  }
}
