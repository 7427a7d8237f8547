import CNetlink

/// A queueing discipline of a link, see tc(8).
///
/// The options are the kernel's bytes, so that a qdisc of any kind can be added back as it was, if the kernel accepts
/// its own output. It does for all kinds except htb, which is converted. Classes and filters of a classful qdisc are
/// not included.
package struct Qdisc: Sendable, Hashable, Codable {
  /// The kernel's name: "tbf", "htb", "fq_codel".
  package var kind: String
  /// Its own handle, "1:0". 0 for one that the kernel added by default.
  package var handle: TrafficControlHandle
  /// The class that it is attached to, `root`, or `ingress`.
  package var parent: TrafficControlHandle
  /// The bytes of TCA_OPTIONS. Nil for a kind without options.
  package var options: Octets?

  package init(
    kind: String, handle: TrafficControlHandle, parent: TrafficControlHandle = .root, options: Octets? = nil
  ) {
    self.kind = kind
    self.handle = handle
    self.parent = parent
    self.options = options
  }

  /// True if the kernel attached the qdisc by itself.
  package var isDefault: Bool { handle == .unspecified }
}

extension Qdisc: CustomStringConvertible {
  /// As tc(8) prints it.
  package var description: String { "qdisc \(kind) \(handle) parent \(parent)" }
}

/// The handle of a qdisc or a class, "1:10", both halves hexadecimal. See tc(8) and linux/pkt_sched.h.
package struct TrafficControlHandle: Sendable, Hashable {
  /// The major number in the upper half, the minor number in the lower half.
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package init(major: UInt16, minor: UInt16 = 0) { rawValue = UInt32(major) << 16 | UInt32(minor) }

  /// The kernel's default qdiscs have this handle.
  package static let unspecified = TrafficControlHandle(rawValue: 0)
  /// The parent of a link's root qdisc.
  package static let root = TrafficControlHandle(rawValue: 0xFFFF_FFFF)
  /// The parent of a link's ingress or clsact qdisc.
  package static let ingress = TrafficControlHandle(rawValue: 0xFFFF_FFF1)
}

extension TrafficControlHandle: TextCoded {
  init?(text: String) {
    switch text {
    case "root": self = .root
    case "ingress": self = .ingress
    default:
      let halves = text.split(separator: ":", omittingEmptySubsequences: false)
      guard halves.count == 2, let major = UInt16(halves[0], radix: 16),
        let minor = UInt16(halves[1], radix: 16)
      else { return nil }
      self.init(major: major, minor: minor)
    }
  }

  /// "root", "ingress", or both halves in hexadecimal: "1:10".
  package var description: String {
    switch self {
    case .root: "root"
    case .ingress: "ingress"
    default: "\(String(rawValue >> 16, radix: 16)):\(String(rawValue & 0xFFFF, radix: 16))"
    }
  }
}

extension Qdisc {
  /// Reads the payload of an RTM_NEWQDISC message: struct tcmsg and attributes, see rtnetlink(7).
  init?(payload: UnsafeRawBufferPointer, link index: Int32) {
    guard let header = payload.header(tcmsg.self), header.tcm_ifindex == index else { return nil }
    kind = ""
    handle = TrafficControlHandle(rawValue: header.tcm_handle)
    parent = TrafficControlHandle(rawValue: header.tcm_parent)
    for attribute in payload.attributes(after: tcmsg.self) {
      switch attribute.type {
      case TCA_KIND: kind = attribute.text
      case TCA_OPTIONS: options = Octets(Array(attribute.payload))
      default: break
      }
    }
  }
}
