import CNetlink

/// An entry of the neighbour table that a user or a daemon set, or a proxy entry. The kernel drops both when the link
/// goes down, and doesn't learn either again. See ip-neighbour(8).
package struct Neighbour: Sendable, Hashable, Codable {
  package var address: IPAddress
  /// Nil for a proxy entry, and for an entry whose link-layer address the kernel resolves.
  package var linkAddress: HardwareAddress?
  /// True for a proxy entry: the link answers for the address.
  package var isProxy: Bool
  /// True if it is known to be a router.
  package var isRouter: Bool
  /// Other settings. Nil for most entries.
  package var settings: Settings?

  /// Settings that few entries have.
  package struct Settings: Sendable, Hashable, Codable {
    /// The entry is used without verification, as on a link without ARP: NUD_NOARP.
    var isNoARP = false
    /// Set by a control plane, NTF_EXT_LEARNED.
    var isExternallyLearned = false
    /// True if the entry is permanent. An entry of a control plane may be one that the kernel verifies periodically.
    package var isPermanent = true
    /// The kernel keeps it resolved, NTF_EXT_MANAGED of Linux 5.16.
    var isManaged = false
    /// The program that set it, if given (NDA_PROTOCOL).
    package var origin: UInt8?
  }

  package init(
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
  /// As ip-neighbour(8) prints it.
  package var description: String {
    var text = (isProxy ? "proxy " : "") + "\(address)" + (linkAddress.map { " lladdr \($0)" } ?? "")
    if isRouter { text += " router" }
    guard let settings else { return text }
    if settings.isNoARP { text += " noarp" }
    if settings.isExternallyLearned { text += " extern_learn" }
    if settings.isManaged { text += " managed" }
    if let origin = settings.origin { text += " proto \(RouteOrigin(rawValue: origin))" }
    return text
  }
}

extension Neighbour {
  /// Reads the payload of an RTM_NEWNEIGH message, struct ndmsg and attributes: see rtnetlink(7). Nil for entries
  /// that the kernel learned or made.
  init?(payload: UnsafeRawBufferPointer, on linkFlags: LinkFlags) {
    guard let header = payload.header(ndmsg.self) else { return nil }
    isProxy = Int32(header.ndm_flags) & NTF_PROXY != 0
    isRouter = Int32(header.ndm_flags) & NTF_ROUTER != 0
    var settings = Settings()
    settings.isExternallyLearned = Int32(header.ndm_flags) & NTF_EXT_LEARNED != 0
    settings.isPermanent = !settings.isExternallyLearned || Int32(header.ndm_state) & NUD_PERMANENT != 0
    settings.isNoARP = Int32(header.ndm_state) & NUD_NOARP != 0
    var address: IPAddress?
    for attribute in payload.attributes(after: ndmsg.self) {
      switch attribute.type {
      case NDA_DST: address = attribute.ipAddress
      case NDA_LLADDR: linkAddress = HardwareAddress(bytes: Array(attribute.payload))
      case NDA_PROTOCOL: settings.origin = attribute.integer(UInt8.self)
      case NDA_FLAGS_EXT: settings.isManaged = (attribute.integer(UInt32.self) ?? 0) & 1 != 0
      default: break
      }
    }
    guard let address else { return nil }
    self.address = address
    // A managed entry's link-layer address is resolved, not set.
    if settings.isManaged { linkAddress = nil }
    // The kernel makes such entries itself: for all neighbours on links without ARP, and for groups and broadcasts on
    // others.
    let isMade =
      settings.isNoARP
      && (!linkFlags.isDisjoint(with: [.noARP, .loopback, .pointToPoint]) || address.isMulticast
        || linkAddress?.bytes.allSatisfy { $0 == 0xFF } ?? true)
    let isSet =
      isProxy || settings.isManaged || settings.isExternallyLearned || settings.isNoARP
      || Int32(header.ndm_state) & NUD_PERMANENT != 0
    guard isSet, !isMade else { return nil }
    if settings != Settings() { self.settings = settings }
  }
}
