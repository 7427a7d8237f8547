extension Fleet {
  /// A board management controller.
  package struct BMC: Equatable, Sendable {
    package var interface: Interface
    package var user: String
    /// A file that contains only the password.
    package var passwordFile: String

    /// How a BMC is reached.
    package enum Interface: Equatable, Sendable {
      /// IPMI over LAN, at an address or a name, with a cipher suite of IPMI 2.0; nil for `standardCipherSuite`. Suite 0,
      /// which needs no password, is not allowed.
      case ipmi(String, cipherSuite: Int?)
      case redfish(Redfish)
    }

    /// The suite that every BMC with IPMI 2.0 has: HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    package static let standardCipherSuite = 3

    package init(ipmi: String, user: String, passwordFile: String, cipherSuite: Int? = nil) {
      self.init(.ipmi(ipmi, cipherSuite: cipherSuite), user: user, passwordFile: passwordFile)
    }

    package init(_ interface: Interface, user: String, passwordFile: String) {
      self.interface = interface
      self.user = user
      self.passwordFile = passwordFile
    }

    /// The address or the name to which requests are sent, without a port.
    package var address: String {
      switch interface {
      case .ipmi(let address, _): address
      case .redfish(let redfish): redfish.address ?? redfish.host
      }
    }

    package var isRedfish: Bool { if case .redfish = interface { true } else { false } }

    /// Its name in policies and messages. A Redfish service may have other ports and several systems, so both are part
    /// of its name if the fleet gives them.
    package var name: String {
      switch interface {
      case .ipmi(let address, _): address
      case .redfish(let redfish): redfish.name
      }
    }
  }

  /// A BMC's Redfish service.
  package struct Redfish: Codable, Equatable, Sendable {
    /// `https://HOST` or `https://HOST:PORT`.
    package var url: String
    /// The path of the host's system: `/redfish/v1/Systems/1`. nil if the service has only one.
    package var system: String?
    /// A file with the certificates (PEM) to trust instead of the system's.
    package var authority: String?
    /// The address to connect to, if the URL has a name; nil for the resolver's.
    package var address: String?

    package init(_ url: String, system: String? = nil, authority: String? = nil, address: String? = nil) {
      self.url = url
      self.system = system
      self.authority = authority
      self.address = address
    }

    /// Host and port of the URL.
    private var place: (host: String, port: String?) {
      let place = url.dropFirst("https://".count).prefix { $0 != "/" }
      // The brackets of an IPv6 address contain colons.
      guard let colon = place.lastIndex(of: ":"), !place[colon...].contains("]") else {
        return (String(place), nil)
      }
      return (String(place[..<colon]), String(place[place.index(after: colon)...]))
    }

    /// The URL's host, without brackets.
    package var host: String {
      let host = place.host
      return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    package var name: String {
      let port = place.port.map { ":\($0)" } ?? ""
      let host = address ?? host
      return (port.isEmpty || !host.contains(":") ? host : "[\(host)]") + port + (system ?? "")
    }
  }
}

// The form of the fleet in journals, which was flat before there was Redfish.
extension Fleet.BMC: Codable {
  private enum Key: String, CodingKey { case ipmi, cipherSuite, redfish, user, passwordFile }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let interface: Interface
    if let redfish = try container.decodeIfPresent(Fleet.Redfish.self, forKey: .redfish) {
      interface = .redfish(redfish)
    } else {
      interface = .ipmi(
        try container.decode(String.self, forKey: .ipmi),
        cipherSuite: try container.decodeIfPresent(Int.self, forKey: .cipherSuite))
    }
    self.init(
      interface, user: try container.decode(String.self, forKey: .user),
      passwordFile: try container.decode(String.self, forKey: .passwordFile))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch interface {
    case .ipmi(let address, let cipherSuite):
      try container.encode(address, forKey: .ipmi)
      try container.encodeIfPresent(cipherSuite, forKey: .cipherSuite)
    case .redfish(let redfish): try container.encode(redfish, forKey: .redfish)
    }
    try container.encode(user, forKey: .user)
    try container.encode(passwordFile, forKey: .passwordFile)
  }
}
