import FoundationEssentials
import Libvirt
import Netlink
import Nftables

/// A host's handles, opened when first used and kept: one set for each thread that injects or reverts, so that a
/// call that hangs on one can't stop a revert on another.
public final class Instruments {
  /// Where libvirt listens.
  public let hypervisorURI: String
  /// Reads which faults of other leases are in effect on the host.
  public var otherFaults: () -> [ActiveFault] = { [] }
  private var openRoutes: RouteSocket?
  private var openNftables: NftablesContext?
  private var openHypervisor: Connection?

  /// Handles that are yet to be opened.
  public init(hypervisorURI: String = "qemu:///system") { self.hypervisorURI = hypervisorURI }

  /// The kernel's links, addresses, routes and qdiscs.
  public func routes() throws(NetlinkError) -> RouteSocket {
    if let openRoutes { return openRoutes }
    let socket = try RouteSocket()
    openRoutes = socket
    return socket
  }

  /// The kernel's packet filter.
  public func nftables() throws(NftablesError) -> NftablesContext {
    if let openNftables { return openNftables }
    let context = try NftablesContext()
    openNftables = context
    return context
  }

  /// The hypervisor; connected anew where the last connection was lost, as by libvirtd's restart.
  public func hypervisor() throws(LibvirtError) -> Connection {
    if let openHypervisor {
      if (try? openHypervisor.isAlive()) == true { return openHypervisor }
    }
    let connection = try Connection.open(hypervisorURI)
    openHypervisor = connection
    return connection
  }
}

/// A fault that another lease has in effect on the same host.
public struct ActiveFault {
  /// The fault.
  public var order: FaultOrder
  /// Its undo, as it is in the lease.
  public var undo: Data

  /// A fault with its undo.
  public init(order: FaultOrder, undo: Data) {
    self.order = order
    self.undo = undo
  }
}
