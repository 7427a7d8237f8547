// Writes the language of nft(8). Every text in it is a checked name, a number or a fixed word.

extension Table {
  /// The table as a block for nft.
  func syntax() throws(NftablesError) -> String {
    var text = "table \(id) {\n"
    for set in sets { text += try set.syntax() }
    for chain in chains { text += chain.syntax }
    return text + "}\n"
  }
}

extension NamedSet {
  func syntax() throws(NftablesError) -> String {
    var text = "set \(name) { type \(kind.rawValue); flags timeout; "
    if !elements.isEmpty {
      var list: [String] = []
      for element in elements { list.append(try element.syntax()) }
      text += "elements = { \(list.joined(separator: ", ")) }; "
    }
    return text + "}\n"
  }
}

extension NamedSet.Element {
  func syntax() throws(NftablesError) -> String {
    guard let timeout else { return value.syntax }
    return try "\(value.syntax) timeout \(timeout.nftSyntax())"
  }
}

extension NamedSet.Value {
  /// `"eth0"`, `ipv4`.
  package var description: String { syntax }

  var syntax: String {
    switch self {
    case .interface(let name): name.syntax
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    }
  }
}

extension InterfaceName {
  fileprivate var syntax: String { "\"\(text)\"" }
}

extension Chain {
  fileprivate var syntax: String {
    "chain \(name) { type filter hook \(hook.syntax) priority \(priority); policy accept;\n"
      + rules.map { $0.syntax + "\n" }.joined() + "}\n"
  }
}

extension Chain.Hook {
  fileprivate var syntax: String {
    switch self {
    case .prerouting: "prerouting"
    case .input: "input"
    case .output: "output"
    case .ingress(let device): "ingress device \(device.syntax)"
    case .egress(let device): "egress device \(device.syntax)"
    }
  }
}

extension Rule {
  fileprivate var syntax: String {
    (matches.map(\.syntax) + (counter == nil ? [] : ["counter"]) + [verdict.rawValue]).joined(separator: " ")
  }
}

extension Rule.Match {
  fileprivate var syntax: String {
    switch self {
    case .inputInterfaceIn(let set): "iifname @\(set)"
    case .outputInterfaceIn(let set): "oifname @\(set)"
    case .inputInterface(let name): "iifname \(name.syntax)"
    case .outputInterface(let name): "oifname \(name.syntax)"
    case .networkProtocolIn(let set): "meta nfproto @\(set)"
    case .connectionState(let states):
      "ct state "
        + Rule.ConnectionStates.names.filter { states.contains($0.state) }.map(\.name).joined(separator: ",")
    case .destinationPort(let transport, let ports): "\(transport.rawValue) dport \(Self.list(ports))"
    case .sourcePort(let transport, let ports): "\(transport.rawValue) sport \(Self.list(ports))"
    case .source(let family, let addresses):
      "\(family.rawValue) saddr { \(addresses.map(\.text).joined(separator: ", ")) }"
    case .icmp6(let types):
      "icmpv6 type { \(Set(types).sorted { $0.rawValue < $1.rawValue }.map(\.word).joined(separator: ", ")) }"
    }
  }

  private static func list(_ ports: [UInt16]) -> String {
    "{ \(Set(ports).sorted().map(String.init).joined(separator: ", ")) }"
  }
}

extension Duration {
  /// Seconds and milliseconds, rounded up to a whole millisecond. nft reads 0 as "no timeout", which must never
  /// result from a requested timeout.
  func nftSyntax() throws(NftablesError) -> String {
    guard self > .zero, self <= .seconds(1000 * 86_400) else { throw .invalidTimeout(self) }
    let (seconds, attoseconds) = components
    let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return milliseconds == 1000 ? "\(seconds + 1)s" : "\(seconds)s\(milliseconds)ms"
  }
}
