import Faults
import FoundationEssentials
import Glibc
import Libvirt
import Linux
import Netlink
import Nftables

/// A host's state as lines that can be compared: what a trial must leave as it found it.
///
/// Left out is what the platform itself moves: which domains run here, their taps, and addresses or routes with a
/// lifetime.
enum HostState {
  static func lines(using instruments: Instruments) throws -> [String] {
    var lines: [String] = []
    let socket = try instruments.routes()
    let links = try socket.links()
    for link in links where link.kind != "tun" {
      let snapshot = try LinkSnapshot.take(of: .index(link.index), using: socket)
      let master = links.first { $0.index == link.master }.map { " master \($0.name)" } ?? ""
      lines.append("link \(link.name) \(link.isUp ? "up" : "down") mtu \(link.mtu)\(master)")
      lines += snapshot.addresses.filter { $0.validSeconds == nil }.map {
        "address \(link.name) \($0.prefix)"
      }
      lines += snapshot.routes.map { "route \(link.name) \($0)" }
      lines += snapshot.qdiscs.filter { !$0.isDefault }.map { "qdisc \(link.name) \($0)" }
    }
    lines += try instruments.nftables().ruleset().map { "nft \($0)" }
    for domain in try instruments.hypervisor().domains(.active) {
      // A domain may end between the list and the question.
      if let state = try? domain.state(), case .paused = state {
        lines.append("domain \(domain.name) \(state)")
      }
    }
    lines += try stuckHypervisors()
    lines += try mounts()
    return lines.sorted()
  }

  /// QEMU processes that are stopped, dead but not gone, or can't be killed.
  private static func stuckHypervisors() throws -> [String] {
    try DurableFile.list("/proc").compactMap { Int32($0) }.compactMap { pid -> String? in
      // Processes come and go while the list is read.
      guard let name = try? DurableFile.read("/proc/\(pid)/comm"),
        let process = try? ProcessIdentity(pid: pid),
        let state = try? process.state(), "TZX".contains(state)
      else { return nil }
      let text = String(decoding: name, as: UTF8.self)
      return text.hasPrefix("qemu") ? "process \(pid) \(text.prefix { $0 != "\n" }) in state \(state)" : nil
    }
  }

  private static func mounts() throws -> [String] {
    let text = String(decoding: try DurableFile.read("/proc/self/mounts"), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).compactMap { line in
      let fields = line.split(separator: " ")
      return fields.count > 2 ? "mount \(fields[1]) \(fields[2])" : nil
    }
  }
}
