import Glibc
import Libvirt
import Linux
import Netlink
import Nftables

extension FaultOrder {
  /// What the host lacks for this fault, a line each: `Fault.missing`, and the requirements of every lease.
  package func missing(using instruments: Instruments) -> [String] {
    HostRequirements.lease() + fault.missing(using: instruments)
  }
}

/// Requirements of a host. Each is tested by a call to the kernel or the daemon that changes nothing. No version is
/// compared; messages only name versions.
enum HostRequirements {
  /// A handle for a process (pidfd). Watchdog and agent use it to guard each other.
  static func lease() -> [String] {
    do {
      _ = try Descriptor(process: getpid())
      return []
    } catch {
      return ["\(error): pidfd_open(2) needs Linux 5.3; this is \(kernel)"]
    }
  }

  /// The permission to set links up and down in this network namespace.
  ///
  /// The kernel checks the permission before it looks up the link (rtnetlink_rcv_msg in net/core/rtnetlink.c), so a
  /// request for a link that can't exist tests it.
  static func linkChanges(using instruments: Instruments) -> [String] {
    do throws(NetlinkError) {
      try instruments.routes().setUp(true, .index(.max))
    } catch {
      if error.code == EPERM { return ["links can't be changed here: CAP_NET_ADMIN is missing: \(error)"] }
    }
    return []
  }

  /// The kernel's answer to a table, in a transaction that is never committed.
  static func table(_ table: Table, using instruments: Instruments) -> [String] {
    do {
      try instruments.nftables().check(table)
      return []
    } catch {
      let hooks = table.chains.map(\.hook)
      let needed = hooks.contains {
        if case .egress = $0 { true } else { false }
      }
      // Sets with timeouts need Linux 4.1, ingress 4.2, inet 3.14; pidfd_open already required 5.3.
      return [
        "nftables: \(error)"
          + (needed
            ? "; the egress hook needs Linux 5.16 with CONFIG_NETFILTER_EGRESS, and nft 1.0.1; this is Linux \(kernel)"
            : "; it needs CONFIG_NF_TABLES and its families inet and netdev; this is Linux \(kernel)")
      ]
    }
  }

  /// The kernel's answer to qdiscs, on the loopback link of a temporary network namespace. The kernel may load modules
  /// for it.
  static func queueing(_ qdiscs: [Qdisc]) -> [String] {
    do {
      // A namespace belongs to a thread, and ends with it.
      let answer = try Mailbox<String?>()
      try startThread(named: "try qdiscs") { answer.post(refusal(of: qdiscs)) }
      while true {
        answer.wait(nanoseconds: 1_000_000_000)
        if let first = answer.take().first { return first.map { [$0] } ?? [] }
      }
    } catch {
      return ["\(error)"]
    }
  }

  private static func refusal(of qdiscs: [Qdisc]) -> String? {
    do {
      let namespace = try OwnNetworkNamespace()
      try namespace.checkCallingThread()
      let routes = try RouteSocket()
      let loopback = try routes.link(.name("lo")).index
      for qdisc in qdiscs {
        do throws(NetlinkError) {
          try routes.add(qdisc, to: loopback)
        } catch {
          return
            "this kernel (\(kernel)) can't use \(qdisc.kind): \(error); it needs the module sch_\(qdisc.kind)"
        }
      }
      return nil
    } catch {
      return "qdiscs can't be tried in a network namespace: \(error)"
    }
  }

  /// A libvirt that has virConnectListAllDomains, see libvirt-api.xml.
  static let leastLibvirt = Version(major: 0, minor: 9, release: 13)

  /// The problem with a daemon's version.
  static func libvirt(_ version: Version) -> [String] {
    version >= leastLibvirt ? [] : ["libvirt \(version) is too old: \(leastLibvirt) or later is needed"]
  }

  private static var kernel: String {
    var system = utsname()
    uname(&system)
    return withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
