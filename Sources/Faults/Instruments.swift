import FoundationEssentials
import Libvirt
import Linux
import Netlink
import Nftables

/// A host's handles, opened at first use and kept. Each thread that injects or reverts has its own set, so that a call
/// that hangs on one can't block a revert on another.
package final class Instruments {
  /// The URI of libvirt.
  package let hypervisorURI: String
  /// Reads which faults of other leases are in effect on the host.
  package var otherFaults: () -> [ActiveFault] = { [] }
  /// The host's service manager.
  package var systemd = Systemd()
  /// The host's Gluster.
  var gluster = GlusterClient()
  /// The host's Pacemaker.
  var pacemaker = PacemakerClient()
  /// The host's wall clock. A test must replace it, so that it never sets the clock of the machine that runs it.
  package var wallClock = WallClock.machine
  /// The restart of the host. Only the agent replaces it, so that no other program, and no test, can reboot a machine.
  package var hostRestart = HostRestart.none
  /// The folder of the host's leases, whose file system must stay writable.
  var leaseFolder = "/var/lib/murphy/leases"
  /// The program of a lease's process.
  var program = LeaseProcess.program
  /// The processes of leases that this process started, by their marks.
  var leaseProcesses: [String: ChildProcess] = [:]
  /// The processes of leases that were found before, by their marks.
  var foundProcesses: [String: ProcessIdentity] = [:]
  private var openRoutes: RouteSocket?
  private var openNftables: NftablesContext?
  private var openHypervisor: Connection?

  package init(hypervisorURI: String = "qemu:///system") { self.hypervisorURI = hypervisorURI }

  /// The kernel's links, addresses, routes and qdiscs.
  package func routes() throws(NetlinkError) -> RouteSocket {
    if let openRoutes { return openRoutes }
    let socket = try RouteSocket()
    openRoutes = socket
    return socket
  }

  /// nftables.
  package func nftables() throws(NftablesError) -> NftablesContext {
    if let openNftables { return openNftables }
    let context = try NftablesContext()
    openNftables = context
    return context
  }

  /// The hypervisor; reconnects if the last connection was lost, for example by a restart of libvirtd.
  package func hypervisor() throws(LibvirtError) -> Connection {
    if let openHypervisor {
      if (try? openHypervisor.isAlive()) == true { return openHypervisor }
    }
    let connection = try Connection.open(hypervisorURI)
    openHypervisor = connection
    return connection
  }
}

/// A fault of another lease that is active on the same host.
package struct ActiveFault {
  package var order: FaultOrder
  /// Its undo, from the lease.
  package var undo: Data

  package init(order: FaultOrder, undo: Data) {
    self.order = order
    self.undo = undo
  }
}
