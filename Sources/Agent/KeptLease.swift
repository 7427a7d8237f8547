import Faults
import FoundationEssentials
import Leases
import Linux
import Scenario

/// The file and the watchdog of a lease that is armed or active.
///
/// Unchecked: it is written on the worker's forward queue. It is read on that queue, and by others only after the
/// session has the report that the lease is armed or that arming failed.
final class KeptLease: LeaseKeeper, @unchecked Sendable {
  /// The lease; nil until it is on disk.
  private(set) var lease: Lease?
  private(set) var watchdog: ProcessIdentity?
  private let folder: LeaseFolder
  private let name: String
  private let write: (_ undo: Data) throws -> Lease

  init(_ name: String, in folder: LeaseFolder, making lease: @escaping (_ undo: Data) throws -> Lease) {
    self.name = name
    self.folder = folder
    write = lease
  }

  func record(undo: Data) throws {
    let lease = try write(undo)
    try folder.write(lease)
    self.lease = lease
  }

  func startWatchdog() throws { watchdog = try Watchdog.start(folder: folder, lease: name) }

  func announce() throws { try folder.announce(.injecting, of: name) }
}
