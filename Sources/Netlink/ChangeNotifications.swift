import CNetlink
import Glibc

/// A socket that becomes readable when the kernel announces a change in its network namespace.
///
/// The announcements are discarded: they can be late, and are lost if many come at once. The reader must query the
/// state itself.
package final class ChangeNotifications {
  package enum Source: Sendable {
    /// Links: added, changed, deleted. See rtnetlink(7).
    case links
    /// Any change of nf_tables, in any table.
    case nftables

    fileprivate var `protocol`: Int32 { self == .links ? NETLINK_ROUTE : NETLINK_NETFILTER }
    fileprivate var group: UInt32 { self == .links ? RTNLGRP_LINK.rawValue : NFNLGRP_NFTABLES.rawValue }
  }

  /// For poll(2).
  package let descriptor: Int32

  /// Subscribes, in the network namespace of the calling thread.
  package init(of source: Source) throws(NetlinkError) {
    func failed() -> NetlinkError {
      NetlinkError(operation: "subscribe to", object: "changes of \(source)", code: errno)
    }
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_NETLINK, type, source.protocol)
    guard descriptor >= 0 else { throw failed() }
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = 1 << (source.group - 1)
    let status = withUnsafeBytes(of: &address) {
      bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard status == 0 else {
      let error = failed()
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Empties the socket, so that it waits for the next change. If changes arrive faster than they are read, the
  /// socket stays readable.
  package func drain() {
    // Reads one byte of each message; the kernel discards the rest. ENOBUFS is reported once if messages were lost.
    var byte: UInt8 = 0
    for _ in 0..<4096 where recv(descriptor, &byte, 1, 0) < 0 && errno != ENOBUFS && errno != EINTR { return }
  }
}
