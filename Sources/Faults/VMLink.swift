import FoundationEssentials
import Libvirt
import Scenario

/// `vm.link`: network interfaces of a virtual machine lose their carrier.
package struct VMLink: DomainChange {
  let domain: String
  /// The address of the only interface that is hit, in lower case.
  let mac: String?
  /// The bridge or libvirt network whose interfaces are hit.
  let bridge: String?

  package static let description = FaultDescription(
    name: "vm.link",
    summary:
      "A virtual machine's network interfaces lose their carrier, as if the cable of the guest's card were pulled.",
    targets: [.vm],
    parameters: [
      .init(
        name: "mac", summary: "The address of the only interface that is hit; all are hit without it.",
        form: .line("ADDRESS"), standard: nil),
      .init(
        name: "bridge", summary: "The bridge or libvirt network whose interfaces are hit; all without it.",
        form: .line("BRIDGE"), standard: nil),
    ], extent: .held, variants: [.init("all interfaces", observed: .onDomain(.unlinked))])

  /// The loss of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    domain = try step.domain(in: fleet)
    let mac = Self.text("mac", of: step)
    bridge = Self.text("bridge", of: step)
    if mac != nil, bridge != nil {
      throw StepRefused(
        step, "mac and bridge can't be combined: a mac identifies one interface", of: "mac", "bridge")
    }
    if let mac, !Self.isAddress(mac) {
      throw StepRefused(step, "mac is six bytes in hexadecimal, like 52:54:00:12:34:56", of: "mac")
    }
    self.mac = mac?.lowercased()
  }

  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 6
      && parts.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
  }

  /// The data for the revert.
  struct Undo: MarkedUndo, Codable, Sendable {
    var uuid: UUID
    var name: String
    var lease: String
    /// The interfaces that had a carrier.
    var interfaces: [Interface]

    struct Interface: Codable, Sendable {
      var mac: String
      /// The state in libvirt's XML before.
      var link: DomainInterface.Link?
    }
  }

  /// `web (all interfaces)`.
  package var object: String {
    let which = mac.map { "interface \($0)" } ?? bridge.map { "interfaces on \($0)" } ?? "all interfaces"
    return "\(domain) (\(which))"
  }
  package var undoing: String {
    "gives the carrier back by libvirt to each interface that had one, unless the domain was started again"
  }
  static var persistence: String {
    "an interface without a carrier stays so until it is given back, also after a migration"
  }

  /// The interfaces that are hit.
  private func chosen(of found: Domain) throws -> [DomainInterface] {
    let all = try found.interfaces()
    let named = all.filter { one in
      if let mac { one.mac == mac } else if let bridge { one.source == bridge } else { true }
    }
    if named.isEmpty {
      throw NoInterface(object: object, present: all.map { "\($0.mac) on \($0.source ?? $0.type)" })
    }
    // A device of the host has no carrier that libvirt could change.
    if let device = named.first(where: { $0.type == "hostdev" }) { throw InterfaceOfHost(mac: device.mac) }
    let hit = named.filter(\.hasCarrier)
    if hit.isEmpty { throw NoCarrier(object: object) }
    return hit
  }

  func undo(for lease: String, on found: Domain) throws -> Undo {
    Undo(
      uuid: found.uuid, name: domain, lease: lease,
      interfaces: try chosen(of: found).map { .init(mac: $0.mac, link: $0.link) })
  }

  static func change(_ undo: Undo, on found: Domain) throws(LibvirtError) {
    for interface in undo.interfaces { try found.setLink(.down, of: interface.mac) }
  }

  /// Checks what libvirt shows, which QEMU has confirmed to it.
  static func state(_ undo: Undo, of found: Domain) throws(LibvirtError) -> EffectState {
    let present = try found.interfaces()
    for hit in undo.interfaces {
      guard let one = present.first(where: { $0.mac == hit.mac }) else {
        return .inactive(because: "interface \(hit.mac) of \(undo.name) is gone")
      }
      if one.hasCarrier {
        return .inactive(because: "libvirt shows a carrier on interface \(hit.mac) of \(undo.name)")
      }
    }
    let list = undo.interfaces.map(\.mac).joined(separator: ", ")
    return .active(evidence: "libvirt shows no carrier on \(list) of \(undo.name)")
  }

  /// Gives the carrier back to each interface that still lacks it.
  static func restore(_ undo: Undo, on found: Domain) throws(LibvirtError) {
    let down = Set(try found.interfaces().filter { !$0.hasCarrier }.map(\.mac))
    for hit in undo.interfaces where down.contains(hit.mac) { try found.setLink(hit.link, of: hit.mac) }
  }
}

/// No interface of a domain fits the step.
struct NoInterface: Error, Equatable, CustomStringConvertible {
  var object: String
  /// The domain's interfaces.
  var present: [String]
  var description: String {
    "\(object): no such interface; the domain has \(present.isEmpty ? "none" : present.joined(separator: ", "))"
  }
}

/// An interface is a device of the host.
struct InterfaceOfHost: Error, Equatable, CustomStringConvertible {
  var mac: String
  var description: String {
    "interface \(mac) is a device of the host (hostdev), whose carrier libvirt can't change: name another by mac"
  }
}

/// No interface that would be hit has a carrier.
struct NoCarrier: Error, Equatable, CustomStringConvertible {
  var object: String
  var description: String { "\(object): no interface has a carrier, so the fault would change nothing" }
}
