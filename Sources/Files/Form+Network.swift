import Foundation

extension Form {
  /// An IPv4 or IPv6 network in CIDR notation (RFC 4632, RFC 4291), without host bits.
  static let cidr = text("a network such as 10.77.1.0/24", schema: ["pattern": "^[0-9A-Fa-f:.]+/[0-9]{1,3}$"])
  {
    text in
    let expected = "expected a network such as 10.77.1.0/24"
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return "\(expected), found '\(text.clipped)'" }
    guard let bytes = addressBytes(String(parts[0])) else {
      return "'\(parts[0])' is not an address: \(expected)"
    }
    guard let length = Int(parts[1]), String(length) == parts[1], (0...bytes.count * 8).contains(length)
    else {
      return "'/\(parts[1])' is not a prefix length: expected 0 to \(bytes.count * 8)"
    }
    let network = bytes.enumerated().map { index, byte in
      let kept = min(8, max(0, length - index * 8))
      return byte & UInt8(truncatingIfNeeded: 0xFF00 >> kept)
    }
    return network == bytes
      ? nil : "'\(text)' has bits behind its prefix: did you mean '\(addressText(network))/\(length)'?"
  }

  /// An address or a host name.
  static let address = text(
    "an address or a host name", schema: ["minLength": 1], problem: problem(ofAddress:))

  /// An IPv4 or IPv6 address.
  static let ipAddress = text(
    "an address such as 10.77.1.11",
    schema: ["pattern": "^([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$"]
  ) { text in
    if text.contains("/") { return "'\(text.clipped)': leave out the prefix length" }
    return addressBytes(text) == nil
      ? "'\(text.clipped)' is not an address: expected one such as 10.77.1.11" : nil
  }

  /// Whether a network in CIDR notation has an address; true for an address of another family, which the network can't
  /// exclude.
  static func network(_ cidr: String, canHave address: String) -> Bool {
    let parts = cidr.split(separator: "/")
    guard parts.count == 2, let network = addressBytes(String(parts[0])), let length = Int(parts[1]),
      let bytes = addressBytes(address), bytes.count == network.count
    else { return true }
    return zip(bytes, network).enumerated().allSatisfy { index, pair in
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, length - index * 8)))
      return pair.0 & mask == pair.1 & mask
    }
  }

  /// An address in the notation of inet_ntop(3); the text itself if it isn't an address.
  static func canonical(_ address: String) -> String { addressBytes(address).map(addressText) ?? address }

  /// The name or address that a part of the platform uses for a host or a virtual machine.
  static let alias = text(
    "a name or an address",
    schema: ["pattern": "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$"]
  ) { text in
    guard text.contains(":") else { return problem(ofName: text, atMost: 253) }
    return addressBytes(text) == nil ? "'\(text.clipped)' is not an IPv6 address" : nil
  }

  /// A plain http URL.
  static let httpURL = text(
    "an http URL such as http://10.77.2.101/", schema: ["pattern": "^http://[^\\s/?#@]+([/?][^\\s#]*)?$"]
  ) { problem(ofURL: $0, schemes: ["http"]) }

  /// An https URL.
  static let httpsURL = text(
    "an https URL such as https://10.77.2.11:8006",
    schema: ["pattern": "^https://[^\\s/?#@]+([/?][^\\s#]*)?$"]
  ) { problem(ofURL: $0, schemes: ["https"]) }

  /// An http or https URL.
  static let webURL = text(
    "a URL such as https://www.example.org/", schema: ["pattern": "^https?://[^\\s/?#@]+([/?][^\\s#]*)?$"]
  ) { problem(ofURL: $0, schemes: ["http", "https"]) }

  private static func problem(ofURL text: String, schemes: [String]) -> String? {
    let expected = "expected a URL such as \(schemes[0])://10.77.2.101/"
    if text.hasPrefix("https://"), !schemes.contains("https") { return "https isn't supported: \(expected)" }
    guard let scheme = schemes.first(where: { text.hasPrefix("\($0)://") }) else {
      return "'\(text.clipped)' doesn't begin with '\(schemes[0])://': \(expected)"
    }
    if text.contains(where: \.isWhitespace) { return "a URL can't contain spaces: '\(text.clipped)'" }
    if text.contains("#") {
      return "a '#' fragment never reaches the server: remove it from '\(text.clipped)'"
    }
    let authority = text.dropFirst(scheme.count + 3).prefix { $0 != "/" && $0 != "?" }
    if authority.contains("@") { return "users and passwords in URLs are not supported: '\(text.clipped)'" }
    return problem(ofAuthority: String(authority), portRequired: false)
  }

  /// The URL of a Redfish service. Each request has the password, so it needs https.
  static let redfishURL = text(
    "a URL such as https://10.77.3.11", schema: ["pattern": "^https://[^\\s/?#@]+/?$"]
  ) { text in
    let expected = "expected a URL such as https://10.77.3.11"
    guard text.hasPrefix("https://") else {
      return "'\(text.clipped)' doesn't begin with 'https://': \(expected)"
    }
    let rest = text.dropFirst("https://".count)
    let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
    if authority.contains("@") { return "users and passwords in URLs are not supported: '\(text.clipped)'" }
    if authority.contains(where: { "/?#".contains($0) }) {
      return "remove what follows the port, since a Redfish service is always at /redfish/v1: \(expected)"
    }
    return problem(ofAuthority: String(authority), portRequired: false)
  }

  /// The path of a system in a Redfish service.
  static let redfishSystem = text(
    "a path such as /redfish/v1/Systems/1",
    schema: ["pattern": "^/redfish/v1/([A-Za-z0-9._~:%-]+/)*[A-Za-z0-9._~:%-]+$"]
  ) { text in
    let names = text.dropFirst("/redfish/v1/".count).split(separator: "/", omittingEmptySubsequences: false)
    let isPath =
      text.hasPrefix("/redfish/v1/")
      && names.allSatisfy { name in
        !name.isEmpty && name != "." && name != ".."
          && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._~:%-".contains($0)) }
      }
    return isPath ? nil : "'\(text.clipped)': expected a path such as /redfish/v1/Systems/1"
  }

  /// A name in the DNS, with `_` for service records.
  static let dnsName = text(
    "a name such as www.example.org",
    schema: ["pattern": "^[A-Za-z0-9_-]{1,63}([.][A-Za-z0-9_-]{1,63})*[.]?$"]
  ) { problem(ofHostName: $0.hasSuffix(".") ? String($0.dropLast()) : $0) }

  /// The name of a header field: a token of RFC 9110.
  static let headerName = text(
    "the name of a header field", schema: ["pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"]
  ) { text in
    let isToken =
      !text.isEmpty
      && text.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber) || "!#$%&'*+.^_`|~-".contains($0)
      }
    return isToken ? nil : "'\(text.clipped)' is not the name of a header field"
  }

  /// An address and a port.
  static let tcpURL = text(
    "an address and port such as tcp://10.77.2.101:7000", schema: ["pattern": "^tcp://[^\\s/?#@]+:[0-9]+$"]
  ) { problem(ofStream: $0, schemes: ["tcp"]) }

  /// An address and a port, with or without TLS.
  static let streamURL = text(
    "an address and port such as tcp://10.77.2.101:7000 or tls://10.77.2.101:7000",
    schema: ["pattern": "^(tcp|tls)://[^\\s/?#@]+:[0-9]+$"]
  ) { problem(ofStream: $0, schemes: ["tcp", "tls"]) }

  private static func problem(ofStream text: String, schemes: [String]) -> String? {
    let expected = "expected an address and port such as tcp://10.77.2.101:7000"
    guard let scheme = schemes.first(where: { text.hasPrefix("\($0)://") }) else {
      return "'\(text.clipped)' doesn't begin with 'tcp://': \(expected)"
    }
    let authority = text.dropFirst(scheme.count + 3)
    if authority.contains("/") { return "remove what follows the port: \(expected), found '\(text.clipped)'" }
    return problem(ofAuthority: String(authority), portRequired: true)
  }

  /// A link's name, shorter than IFNAMSIZ (16), or one of its alternative names, shorter than ALTIFNAMSIZ (128):
  /// linux/if.h, linux/if_link.h. `dev_valid_name` (net/core/dev.c) decides which characters are allowed.
  static let interface = text("a link's name", schema: ["pattern": "^[^\\s/:@]{1,127}$"]) { text in
    if text.isEmpty { return "expected a link's name, found an empty text" }
    if text.utf8.count > 127 {
      return
        "'\(text.clipped)': a link's name has at most 15 bytes and an alternative name 127; this one has \(text.utf8.count)"
    }
    if text == "." || text == ".." { return "'\(text)' can't be a link's name" }
    if let at = text.firstIndex(of: "@") {
      let upper = text[..<at]
      return "'\(text.clipped)': ip(8) prints NAME@LOWER: write "
        + (upper.isEmpty ? "the name before the '@'" : "'\(upper)'")
    }
    guard let strange = text.first(where: { $0.isWhitespace || $0 == "/" || $0 == ":" }) else { return nil }
    return "'\(text.clipped)': a link's name can't contain '\(strange)'"
  }

  /// The destination for ssh, in a form that ssh can't treat as an option: `[user@]host`, or
  /// `ssh://[user@]host[:port]`; see ssh(1).
  static let sshDestination = text(
    "an ssh destination such as root@host",
    schema: [
      "pattern": .text(
        "^(ssh://((?!-)[^\\s@/:]+@)?(?!-)[^\\s@/:\\[\\]]+(:[0-9]+)?"
          + "|(?!ssh://|-)(\\S+@)?((?!-)[^\\s@:\\[\\]]+|[^\\s@:\\[\\]]*(:[^\\s@:\\[\\]]*){2,}))$")
    ]
  ) { text in
    if text.isEmpty { return "expected an ssh destination such as root@host, found an empty text" }
    if text.hasPrefix("-") {
      return "'\(text.clipped)': ssh would treat an argument that begins with '-' as an option"
    }
    if text.contains(where: \.isWhitespace) {
      return
        "'\(text.clipped)': an ssh destination can't contain spaces; put options into the ssh-config file"
    }
    return text.hasPrefix("ssh://") ? problem(ofSSHURL: text) : problem(ofSSHDestination: text)
  }

  private static func problem(ofSSHURL text: String) -> String? {
    let authority = text.dropFirst("ssh://".count)
    let expected = "expected ssh://user@host:port"
    let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
    guard let last = parts.last, parts.count <= 2, !parts.contains(where: \.isEmpty) else {
      return "'\(text.clipped)': \(expected)"
    }
    if parts.count == 2, parts[0].contains(":") {
      return "'\(text.clipped)': passwords are not supported: use an ssh key"
    }
    if authority.contains("/") { return "'\(text.clipped)': remove what follows the port: \(expected)" }
    if last.contains("[") || last.count(where: { $0 == ":" }) > 1 {
      return
        "'\(text.clipped)': ssh doesn't accept an IPv6 address in a URL: write user@ADDRESS, and a Port line in "
        + "the ssh-config file"
    }
    if authority.hasPrefix("-") || last.hasPrefix("-") {
      return "'\(text.clipped)': a user or host can't begin with '-'"
    }
    return problem(ofAuthority: String(last), portRequired: false)
  }

  private static func problem(ofSSHDestination text: String) -> String? {
    // As in ssh(1), the last '@' ends the user name, which may contain others.
    let at = text.lastIndex(of: "@")
    let host = at.map { text[text.index(after: $0)...] } ?? text[...]
    if host.isEmpty || at == text.startIndex {
      return "'\(text.clipped)': expected user@host, or a host alone"
    }
    if host.hasPrefix("-") { return "'\(text.clipped)': a host can't begin with '-'" }
    if host.contains("[") || host.contains("]") {
      return "'\(text.clipped)': ssh accepts an IPv6 address only without brackets: write "
        + "'\(text.filter { $0 != "[" && $0 != "]" }.clipped)', and a Port line in the ssh-config file"
    }
    switch host.count(where: { $0 == ":" }) {
    case 0: return nil
    case 1:
      return
        "'\(text.clipped)': ssh would take all of this as the host's name: write 'ssh://\(text.clipped)', or a Port "
        + "line in the ssh-config file"
    default:
      // fe80::1%eth0: the part after % is the link of a link-local address.
      return addressBytes(String(host.prefix { $0 != "%" })) == nil
        ? "'\(host)' is not an IPv6 address" : nil
    }
  }

  private static func problem(ofAuthority text: String, portRequired: Bool) -> String? {
    var host = text[...]
    var port: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else {
        return "'\(text.clipped)': the closing ']' is missing"
      }
      host = text[text.index(after: text.startIndex)..<close]
      if let problem = problem(ofIPv6: String(host)) { return problem }
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        return "'\(text.clipped)': expected ':' and a port after ']'"
      }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      if parts.count > 2 { return "'\(text.clipped)': put an IPv6 address in brackets, as in [fd00::1]:80" }
      host = parts.first ?? ""
      port = parts.count == 2 ? parts[1] : nil
      if let problem = problem(ofAddress: String(host)) { return problem }
    }
    guard let port else { return portRequired ? "a port is missing: '\(text.clipped):PORT'" : nil }
    guard let number = Int(port), (1...65535).contains(number), port.allSatisfy(\.isNumber) else {
      return "'\(port)' is not a port: expected 1 to 65535"
    }
    return nil
  }

  private static func problem(ofAddress text: String) -> String? {
    text.contains(":") ? problem(ofIPv6: text) : problem(ofHostName: text)
  }

  /// A link-local address is on each link, so it needs the name of one; see ipv6(7).
  private static func problem(ofIPv6 text: String) -> String? {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bytes = addressBytes(String(parts[0])), bytes.count == 16 else {
      return "'\(text.clipped)' is not an IPv6 address"
    }
    let isLinkLocal = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
    guard parts.count == 2 else {
      return isLinkLocal
        ? "'\(text.clipped)' is link-local: add the controller's link, as in \(text.clipped)%eth0" : nil
    }
    let isLink =
      !parts[1].isEmpty && parts[1].utf8.count < 16
      && parts[1].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "._-".contains($0) }
    return isLinkLocal && isLink
      ? nil : "'\(text.clipped)' is not an IPv6 address: only a link-local one has a link, as in fe80::1%eth0"
  }

  /// A name for a resolver: labels of RFC 1123, with the '_' that many networks use.
  private static func problem(ofHostName text: String) -> String? {
    if text.isEmpty { return "a host's name or address is missing" }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    if labels.last?.allSatisfy(\.isNumber) == true, labels.count > 1 {
      return addressBytes(text) == nil ? "'\(text.clipped)' is not an IPv4 address" : nil
    }
    if text.utf8.count > 253 { return "a host's name has at most 253 characters" }
    for label in labels {
      if label.isEmpty { return "'\(text.clipped)': a host's name has an empty part between dots" }
      if label.utf8.count > 63 { return "'\(text.clipped)': a part between dots has at most 63 characters" }
      if label.hasPrefix("-") || label.hasSuffix("-") {
        return "'\(text.clipped)': a host's name can't begin or end with '-'"
      }
      if let strange = label.first(where: {
        !($0.isASCII && ($0.isLetter || $0.isNumber)) && $0 != "-" && $0 != "_"
      }) {
        return "'\(text.clipped)': a host's name can't contain '\(strange)'"
      }
    }
    return nil
  }

  /// The address's bytes in network order, 4 or 16; nil for everything that inet_pton(3) refuses.
  private static func addressBytes(_ text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
    return nil
  }

  private static func addressText(_ bytes: [UInt8]) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
