import FoundationEssentials

// Reads the JSON of `nft -j list`: see libnftables-json(5). Content that this library doesn't write is an error.

/// Everything in a listing, in its order.
struct Listing: Decodable {
  var nftables: [Entry]

  struct Entry: Decodable {
    var set: SetEntry?
    var chain: ChainEntry?
    var rule: RuleEntry?
  }

  struct SetEntry: Decodable {
    var name: NftablesName
    var type: NamedSet.Kind
    var elem: [ElementEntry]?
  }

  struct ChainEntry: Decodable {
    var name: NftablesName
    var hook: String?
    var prio: Int32?
    var dev: InterfaceName?
  }

  struct RuleEntry: Decodable {
    var chain: NftablesName
    var expr: [Statement]
  }

  /// The one table that was listed. `devices` has the device of a chain if the listing lacks it.
  func table(_ id: Table.ID, devices: [String: InterfaceName]) throws -> Table {
    var table = Table(id)
    for entry in nftables {
      if let set = entry.set {
        let elements = try (set.elem ?? []).map { try $0.element(of: set.type) }
        table.sets.append(NamedSet(set.name, of: set.type, elements: elements))
      } else if let chain = entry.chain {
        table.chains.append(try chain.chain(device: chain.dev ?? devices[chain.name.text]))
      } else if let rule = entry.rule {
        guard let index = table.chains.firstIndex(where: { $0.name == rule.chain }) else {
          throw Unreadable("a rule of an unknown chain \(rule.chain)")
        }
        table.chains[index].rules.append(try rule.rule())
      }
    }
    return table
  }
}

/// Content of a listing that this library doesn't write.
struct Unreadable: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension Listing.ChainEntry {
  func chain(device: InterfaceName?) throws -> Chain {
    let hook: Chain.Hook
    switch (self.hook, device) {
    case ("prerouting", _): hook = .prerouting
    case ("input", _): hook = .input
    case ("output", _): hook = .output
    case ("ingress", let device?): hook = .ingress(device: device)
    case ("egress", let device?): hook = .egress(device: device)
    default:
      throw Unreadable("chain \(name) at hook \(self.hook ?? "none"), device \(device?.text ?? "unknown")")
    }
    return Chain(name, at: hook, priority: prio ?? 0, rules: [])
  }
}

extension Listing.RuleEntry {
  func rule() throws -> Rule {
    var rule = Rule(matches: [], counter: nil, verdict: .accept)
    for (position, statement) in expr.enumerated() {
      switch statement {
      case .match(let match): rule.matches.append(match)
      case .counter(let counter): rule.counter = counter
      case .verdict(let verdict):
        guard position == expr.count - 1 else {
          throw Unreadable("a verdict before the end of a rule of chain \(chain)")
        }
        rule.verdict = verdict
        return rule
      }
    }
    throw Unreadable("a rule without a verdict in chain \(chain)")
  }
}

/// One statement of a rule.
enum Statement: Decodable {
  case match(Rule.Match)
  case counter(Rule.Counter)
  case verdict(Rule.Verdict)

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard let key = container.allKeys.first, container.allKeys.count == 1 else {
      throw Unreadable("a statement of several parts")
    }
    switch key.stringValue {
    case "match": self = .match(try container.decode(MatchEntry.self, forKey: key).match())
    case "counter": self = .counter(try container.decode(Rule.Counter.self, forKey: key))
    case "accept": self = .verdict(.accept)
    case "drop": self = .verdict(.drop)
    default: throw Unreadable("a statement '\(key.stringValue)'")
    }
  }
}

private struct MatchEntry: Decodable {
  struct Left: Decodable {
    struct Keyed: Decodable { var key: String }
    struct Payload: Decodable {
      var `protocol`: String
      var field: String
    }
    var meta: Keyed?
    var ct: Keyed?
    var payload: Payload?
  }

  var op: String
  var left: Left
  var right: Operand

  func match() throws -> Rule.Match {
    guard op == "==" || op == "in" else { throw Unreadable("a match by '\(op)'") }
    if left.ct?.key == "state" {
      let states = try right.texts().map { name in
        guard let state = Rule.ConnectionStates.names.first(where: { $0.name == name })?.state else {
          throw Unreadable("a connection state '\(name)'")
        }
        return state
      }
      return .connectionState(Rule.ConnectionStates(states))
    }
    if let payload = left.payload, payload.protocol == "icmpv6", payload.field == "type" {
      return .icmp6(
        try right.texts().map { word in
          guard let type = Rule.ICMP6Type(word: word) else { throw Unreadable("an ICMPv6 type '\(word)'") }
          return type
        })
    }
    if let payload = left.payload, let family = PacketAddress.Family(rawValue: payload.protocol),
      payload.field == "saddr"
    {
      return .source(family, try right.texts().map { try PacketAddress($0) })
    }
    if let payload = left.payload, let transport = Rule.Transport(rawValue: payload.protocol) {
      switch payload.field {
      case "dport": return .destinationPort(transport, try right.ports())
      case "sport": return .sourcePort(transport, try right.ports())
      default: break
      }
    }
    guard let key = left.meta?.key, case .text(let text) = right else { throw Unreadable("an unknown match") }
    let set = text.hasPrefix("@") ? try NftablesName(String(text.dropFirst())) : nil
    switch (key, set) {
    case ("iifname", let set?): return .inputInterfaceIn(set)
    case ("oifname", let set?): return .outputInterfaceIn(set)
    case ("iifname", nil): return .inputInterface(try InterfaceName(text))
    case ("oifname", nil): return .outputInterface(try InterfaceName(text))
    case ("nfproto", let set?): return .networkProtocolIn(set)
    default: throw Unreadable("a match of meta '\(key)'")
    }
  }
}

/// The right side of a match: a word, a number, or several of them.
private enum Operand: Decodable {
  case text(String)
  case number(UInt16)
  case list([Operand])

  private struct AnonymousSet: Decodable { var set: [Operand] }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let number = try? container.decode(UInt16.self) {
      self = .number(number)
    } else if let list = try? container.decode([Operand].self) {
      self = .list(list)
    } else {
      self = .list(try container.decode(AnonymousSet.self).set)
    }
  }

  func texts() throws -> [String] {
    switch self {
    case .text(let text): [text]
    case .list(let list): try list.flatMap { try $0.texts() }
    case .number(let number): throw Unreadable("a number \(number) in place of a word")
    }
  }

  func ports() throws -> [UInt16] {
    switch self {
    case .number(let port): [port]
    case .list(let list): try list.flatMap { try $0.ports() }
    case .text(let text): throw Unreadable("'\(text)' in place of a port")
    }
  }
}

/// An element of a set: the value, or with a timeout an object around it.
enum ElementEntry: Decodable {
  case value(String)
  case timed(Timed)

  struct Timed: Decodable {
    var val: String
    var timeout: Int64?
    var expires: Int64?
  }

  private struct Box: Decodable { var elem: Timed }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(String.self) {
      self = .value(value)
    } else {
      self = .timed(try container.decode(Box.self).elem)
    }
  }

  func element(of kind: NamedSet.Kind) throws -> NamedSet.Element {
    switch self {
    case .value(let text): return NamedSet.Element(try kind.value(text), timeout: nil, remaining: nil)
    case .timed(let timed):
      // Both in whole seconds; in the last second 0 is listed, or nothing.
      return NamedSet.Element(
        try kind.value(timed.val), timeout: timed.timeout.map { .seconds($0) },
        remaining: timed.timeout.map { _ in .seconds(timed.expires ?? 0) })
    }
  }
}

extension NamedSet.Kind {
  fileprivate func value(_ text: String) throws -> NamedSet.Value {
    switch (self, text) {
    case (.interfaceName, _): .interface(try InterfaceName(text))
    case (.networkProtocol, "ipv4"): .ipv4
    case (.networkProtocol, "ipv6"): .ipv6
    case (.networkProtocol, _): throw Unreadable("a protocol '\(text)'")
    }
  }
}
