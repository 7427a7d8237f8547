import Faults
import FoundationEssentials
import Glibc
import Journal
import Leases
import Linux
import Scenario

/// The right to hold a fault on this host until a deadline: on disk, with its undo, before anything is touched.
package struct Lease: Codable, Sendable {
  /// The format's version; a lease of a newer one is reported, never acted on.
  package var version = 1
  /// Its name: part of file names and of nft tables' names, so letters, digits and `_`.
  package var name: String
  /// The run that it belongs to.
  package var run: String
  /// The fault.
  package var order: FaultOrder
  /// The fault's undo, as JSON.
  package var undo: Data
  /// The kernel's boot in which it was taken.
  package var boot: String
  /// When the host lifts it by itself, on CLOCK_BOOTTIME.
  package var deadline: Nanoseconds
  /// Whether it cuts the controller's own path, so that the end of that path is no reason to lift it.
  package var cutsControlPath: Bool

  /// What decisions need to know of it.
  var terms: LeaseTerms {
    LeaseTerms(
      name: name, boot: boot, deadline: deadline, expires: order.fault.kernelRevert == .expires,
      isByDaemon: order.fault.isByDaemon)
  }

  /// Whether a name can be a lease's.
  package static func isName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || $0 == UInt8(ascii: "_")
      }
  }
}
