import CNetlink

/// An attribute that is passed on byte for byte.
package struct RawAttribute: Sendable, Hashable, Codable {
  /// The kernel's number of the attribute.
  package let type: Int
  package let payload: Octets

  package init(type: Int, payload: Octets) {
    self.type = type
    self.payload = payload
  }

  init(_ attribute: NetlinkAttribute) {
    type = attribute.type
    payload = Octets(Array(attribute.payload))
  }

  init(type: Int, nesting attributes: [NetlinkAttribute]) {
    self.type = type
    var bytes: [UInt8] = []
    for attribute in attributes {
      let length = MemoryLayout<nlattr>.size + attribute.payload.count
      let header = nlattr(nla_len: UInt16(clamping: length), nla_type: UInt16(clamping: attribute.type))
      bytes += withUnsafeBytes(of: header) { Array($0) } + attribute.payload
      bytes += [UInt8](repeating: 0, count: aligned(length) - length)
    }
    payload = Octets(bytes)
  }
}

/// An attribute of a received message. Valid as long as the message's bytes.
struct NetlinkAttribute {
  let type: Int
  let payload: UnsafeRawBufferPointer

  func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Value? {
    payload.header(Value.self)
  }

  /// The value as a string, up to its NUL.
  var text: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

  var ipAddress: IPAddress? { IPAddress(bytes: Array(payload)) }

  var nested: AttributeList { AttributeList(bytes: payload) }
}

/// A sequence of attributes, each a struct nlattr and its value, padded to four bytes. See netlink(7).
struct AttributeList: Sequence, IteratorProtocol {
  var bytes: UnsafeRawBufferPointer

  mutating func next() -> NetlinkAttribute? {
    let headerSize = MemoryLayout<nlattr>.size
    guard let header = bytes.header(nlattr.self), Int(header.nla_len) >= headerSize,
      Int(header.nla_len) <= bytes.count
    else { return nil }
    let payload = UnsafeRawBufferPointer(rebasing: bytes[headerSize..<Int(header.nla_len)])
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(aligned(Int(header.nla_len))))
    // The two upper bits of the type mean "nested" and "network byte order".
    return NetlinkAttribute(type: Int(header.nla_type & 0x3FFF), payload: payload)
  }
}

extension UnsafeRawBufferPointer {
  /// The header at the start. Nil if there are too few bytes.
  func header<Value: BitwiseCopyable>(_: Value.Type) -> Value? {
    count >= MemoryLayout<Value>.size ? loadUnaligned(as: Value.self) : nil
  }

  /// The attributes behind a header.
  func attributes<Header: BitwiseCopyable>(after _: Header.Type) -> AttributeList {
    AttributeList(bytes: UnsafeRawBufferPointer(rebasing: dropFirst(aligned(MemoryLayout<Header>.size))))
  }
}

/// Netlink pads all parts of a message to four bytes.
func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
