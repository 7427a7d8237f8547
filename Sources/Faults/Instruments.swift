import FoundationEssentials
import Libvirt
import Netlink
import Nftables

/// A host's handles, opened when first used and kept: one set for each thread that injects or reverts, so that a
/// call that hangs on one can't stop a revert on another.
package final class Instruments {
  /// Where libvirt listens.
  package let hypervisorURI: String
  /// Reads which faults of other leases are in effect on the host.
  package var otherFaults: () -> [ActiveFault] = { [] }
  /// The host's service manager.
  package var systemd = Systemd()
  private var openRoutes: RouteSocket?
  private var openNftables: NftablesContext?
  private var openHypervisor: Connection?

  /// Handles that are yet to be opened.
  package init(hypervisorURI: String = "qemu:///system") { self.hypervisorURI = hypervisorURI }

  /// The kernel's links, addresses, routes and qdiscs.
  package func routes() throws(NetlinkError) -> RouteSocket {
    if let openRoutes { return openRoutes }
    let socket = try RouteSocket()
    openRoutes = socket
    return socket
  }

  /// The kernel's packet filter.
  package func nftables() throws(NftablesError) -> NftablesContext {
    if let openNftables { return openNftables }
    let context = try NftablesContext()
    openNftables = context
    return context
  }

  /// The hypervisor; connected anew where the last connection was lost, as by libvirtd's restart.
  package func hypervisor() throws(LibvirtError) -> Connection {
    if let openHypervisor {
      if (try? openHypervisor.isAlive()) == true { return openHypervisor }
    }
    let connection = try Connection.open(hypervisorURI)
    openHypervisor = connection
    return connection
  }
}

/// A fault that another lease has in effect on the same host.
package struct ActiveFault {
  /// The fault.
  package var order: FaultOrder
  /// Its undo, as it is in the lease.
  package var undo: Data

  /// A fault with its undo.
  package init(order: FaultOrder, undo: Data) {
    self.order = order
    self.undo = undo
  }
}
