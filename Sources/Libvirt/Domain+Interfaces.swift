internal import CLibvirt

/// A network interface of a running guest.
package struct DomainInterface: Hashable, Sendable {
  /// The state of a card's carrier.
  package enum Link: String, Codable, Hashable, Sendable {
    case up
    case down
  }

  /// The address of the guest's card, in lower case.
  package let mac: String
  /// libvirt's type of the connection to the host: `bridge`, `network`, `hostdev`.
  package let type: String
  /// The bridge, the libvirt network or the link of the host that it is connected to; nil if it has no such name.
  package let source: String?
  /// The state that libvirt shows; nil if its XML has none, which means up.
  package let link: Link?

  package var hasCarrier: Bool { link != .down }

  init?(_ element: XMLElement) {
    guard let mac = element.child("mac")?["address"] else { return nil }
    self.mac = mac.lowercased()
    type = element["type"] ?? ""
    let place = element.child("source")
    // A libvirt network also shows the bridge that it uses.
    source = place?["network"] ?? place?["bridge"] ?? place?["dev"]
    link = element.child("link")?["state"].flatMap(Link.init)
  }
}

extension Domain {
  /// The running guest's network interfaces.
  package func interfaces() throws(LibvirtError) -> [DomainInterface] {
    try devices("interface").compactMap { DomainInterface($0) }
  }

  /// Sets the carrier of one of the running guest's interfaces; its definition is unchanged. QEMU reports the change to
  /// the guest's card, if its model has a link state.
  ///
  /// - Parameters:
  ///   - link: nil removes the state from libvirt's XML, which means up.
  ///   - mac: the interface's address. If the guest has no such interface, nothing is changed.
  ///
  /// Source: `virDomainUpdateDeviceFlags` in <https://libvirt.org/html/libvirt-libvirt-domain.html>.
  package func setLink(_ link: DomainInterface.Link?, of mac: String) throws(LibvirtError) {
    guard let interface = try devices("interface").first(where: { DomainInterface($0)?.mac == mac }) else {
      return
    }
    let present = interface.child("link")
    if let link {
      (present ?? interface.append("link"))?.set("state", to: link.rawValue)
    } else {
      present?.remove()
    }
    // libvirt refuses an XML in which anything else differs.
    try call("change the carrier of interface \(mac) of") {
      virDomainUpdateDeviceFlags($0, interface.text, VIR_DOMAIN_AFFECT_LIVE.rawValue)
    }
  }

  /// The running guest's devices with an element name.
  func devices(_ name: String) throws(LibvirtError) -> [XMLElement] {
    try document().child("devices")?.children(name) ?? []
  }

  /// The root of `xmlDescription()`.
  func document() throws(LibvirtError) -> XMLElement {
    guard let root = XMLDocument(try xmlDescription())?.root else {
      throw LibvirtError(
        code: .xmlDetail, domain: .domain, level: .error, message: "its XML can't be parsed", errno: nil,
        operation: "describe", object: "domain \(name) at \(connection.uri)")
    }
    return root
  }
}
