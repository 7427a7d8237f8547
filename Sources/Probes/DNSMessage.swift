import CAres
import Glibc

/// A DNS message; see RFC 1035, 4.1. c-ares encodes queries and reads names.
package struct DNSMessage {
  var id: UInt16
  var isResponse: Bool
  var isTruncated: Bool
  var code: UInt8
  /// The records of the answer; nil if they are malformed.
  var records: [DNSRecord]?

  private static let headerLength = 12

  /// Reads a message; nil if it is shorter than a header.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headerLength else { return nil }
    id = Self.number(bytes, 0)
    isResponse = bytes[2] & 0x80 != 0
    isTruncated = bytes[2] & 0x02 != 0
    code = bytes[3] & 0x0f
    var place = Self.headerLength
    for _ in 0..<Self.number(bytes, 4) {
      guard let (_, length) = Self.name(bytes, at: place) else { return }
      place += length + 4
    }
    var found: [DNSRecord] = []
    for _ in 0..<Self.number(bytes, 6) {
      guard let (_, length) = Self.name(bytes, at: place), place + length + 10 <= bytes.count else { return }
      place += length
      let type = Self.number(bytes, place)
      let size = Int(Self.number(bytes, place + 8))
      place += 10
      guard place + size <= bytes.count else { return }
      if let kind = DNSRecord.Kind.allCases.first(where: { $0.number == type }) {
        guard let text = Self.text(bytes, kind, at: place, size) else { return }
        found.append(DNSRecord(kind: kind, text: text))
      }
      place += size
    }
    records = found
  }

  /// A query with EDNS (RFC 6891), so that most answers fit; nil if the name can't be encoded.
  static func query(_ name: String, _ kind: DNSRecord.Kind, id: UInt16) -> [UInt8]? {
    var bytes: UnsafeMutablePointer<UInt8>?
    var length: Int32 = 0
    guard ares_create_query(name, 1, Int32(kind.number), id, 1, &bytes, &length, 1232) == ARES_SUCCESS,
      let bytes
    else { return nil }
    defer { ares_free_string(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
  }

  private static func number(_ bytes: [UInt8], _ place: Int) -> UInt16 {
    UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
  }

  /// The name at a place, and its length in bytes there.
  private static func name(_ bytes: [UInt8], at place: Int) -> (String, Int)? {
    guard place < bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { buffer -> (String, Int)? in
      guard let start = buffer.baseAddress else { return nil }
      var text: UnsafeMutablePointer<CChar>?
      var length = 0
      guard ares_expand_name(start + place, start, Int32(bytes.count), &text, &length) == ARES_SUCCESS,
        let text
      else { return nil }
      defer { ares_free_string(text) }
      return (String(cString: text), length)
    }
  }

  /// A record's data in the format of dig +short.
  private static func text(_ bytes: [UInt8], _ kind: DNSRecord.Kind, at place: Int, _ size: Int) -> String? {
    func dotted(_ offset: Int) -> String? {
      guard offset < size, let (text, length) = name(bytes, at: place + offset), offset + length <= size
      else {
        return nil
      }
      return "\(text)."
    }
    switch kind {
    case .a: return size == 4 ? address(bytes[place..<place + 4], AF_INET) : nil
    case .aaaa: return size == 16 ? address(bytes[place..<place + 16], AF_INET6) : nil
    case .cname, .ns, .ptr: return dotted(0)
    case .mx: return size < 3 ? nil : dotted(2).map { "\(number(bytes, place)) \($0)" }
    case .srv:
      guard size >= 7, let host = dotted(6) else { return nil }
      return [0, 2, 4].map { "\(number(bytes, place + $0)) " }.joined() + host
    case .txt:
      var parts: [String] = []
      var offset = 0
      while offset < size {
        let end = offset + 1 + Int(bytes[place + offset])
        guard end <= size else { return nil }
        parts.append(quoted(bytes[(place + offset + 1)..<(place + end)]))
        offset = end
      }
      return parts.joined(separator: " ")
    }
  }

  /// A text of a TXT record, as dig +short prints it: quotes and backslashes after a backslash, and bytes that aren't printable
  /// ASCII as three digits.
  private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.reduce("\"") { text, byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text + "\\\(Unicode.Scalar(byte))"
      case 0x20..<0x7f: text + "\(Unicode.Scalar(byte))"
      default: text + "\\\(String(1000 + Int(byte)).dropFirst())"
      }
    } + "\""
  }

  private static func address(_ bytes: ArraySlice<UInt8>, _ family: Int32) -> String? {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let isRead = bytes.withUnsafeBytes {
      inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) != nil
    }
    return isRead
      ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}

/// A record of an answer.
struct DNSRecord: Equatable {
  var kind: Kind
  /// Its data, in the format of dig +short.
  var text: String

  enum Kind: String, CaseIterable {
    case a = "A"
    case aaaa = "AAAA"
    case cname = "CNAME"
    case mx = "MX"
    case ns = "NS"
    case ptr = "PTR"
    case srv = "SRV"
    case txt = "TXT"

    /// See RFC 1035, RFC 2782 and RFC 3596.
    var number: UInt16 {
      switch self {
      case .a: 1
      case .ns: 2
      case .cname: 5
      case .ptr: 12
      case .mx: 15
      case .txt: 16
      case .aaaa: 28
      case .srv: 33
      }
    }
  }
}
