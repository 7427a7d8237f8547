import CNetlink

/// A permanent entry of the neighbour table, or an address for which the link answers in another's place: what
/// somebody set, and the kernel forgets when the link goes down. See ip-neighbour(8).
public struct Neighbour: Sendable, Hashable, Codable {
  /// Its IP address.
  public var address: IPAddress
  /// Its link-layer address. Nil for a proxy entry.
  public var linkAddress: HardwareAddress?
  /// True where the link answers in its place.
  public var isProxy: Bool
  /// True where it is known to be a router.
  public var isRouter: Bool

  /// An entry of the neighbour table.
  public init(
    _ address: IPAddress, at linkAddress: HardwareAddress? = nil, isProxy: Bool = false,
    isRouter: Bool = false
  ) {
    self.address = address
    self.linkAddress = linkAddress
    self.isProxy = isProxy
    self.isRouter = isRouter
  }
}

extension Neighbour: CustomStringConvertible {
  /// In the words of ip-neighbour(8).
  public var description: String {
    (isProxy ? "proxy " : "") + "\(address)" + (linkAddress.map { " lladdr \($0)" } ?? "")
      + (isRouter ? " router" : "")
  }
}

extension Neighbour {
  /// Reads the payload of an RTM_NEWNEIGH message, struct ndmsg and attributes: see rtnetlink(7). Nil for entries that
  /// the kernel learned, and for those of another link.
  init?(payload: UnsafeRawBufferPointer, link index: Int32) {
    guard let header = payload.header(ndmsg.self), header.ndm_ifindex == index else { return nil }
    isProxy = Int32(header.ndm_flags) & NTF_PROXY != 0
    isRouter = Int32(header.ndm_flags) & NTF_ROUTER != 0
    guard isProxy || Int32(header.ndm_state) & NUD_PERMANENT != 0 else { return nil }
    var address: IPAddress?
    for attribute in payload.attributes(after: ndmsg.self) {
      switch attribute.type {
      case NDA_DST: address = attribute.ipAddress
      case NDA_LLADDR: linkAddress = HardwareAddress(bytes: Array(attribute.payload))
      default: break
      }
    }
    guard let address else { return nil }
    self.address = address
  }
}
