import Faults
import FoundationEssentials
import Glibc
import Journal
import Leases
import Linux
import Scenario

/// The permission to inject a fault on this host until a deadline. It is on disk, with its undo, before the host is changed.
package struct Lease: Codable, Sendable {
  /// The format's version. A lease of a newer version is reported and never undone.
  package var version = 1
  /// Its name. It is part of file names and of nft tables' names, so it consists of letters, digits and `_`.
  package var name: String
  /// Its run.
  package var run: String
  package var order: FaultOrder
  /// The fault's undo, as JSON.
  package var undo: Data
  /// The boot id at which it was taken.
  package var boot: String
  /// When the host reverts the fault without a request, on CLOCK_BOOTTIME.
  package var deadline: Nanoseconds
  /// Whether it cuts the control path. If so, the end of that connection doesn't cause a revert.
  package var cutsControlPath: Bool

  /// Its values for decisions.
  var terms: LeaseTerms {
    LeaseTerms(
      name: name, boot: boot, deadline: deadline, expires: order.fault.kernelRevert == .expires,
      isByDaemon: order.fault.isByDaemon,
      outlivesBoot: order.fault.footprint.contains { $0.kind.outlivesBoot })
  }

  /// Whether a lease can have this name.
  package static func isName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || $0 == UInt8(ascii: "_")
      }
  }
}
