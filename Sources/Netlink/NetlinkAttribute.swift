import CNetlink

/// A setting that is passed on byte for byte.
package struct RawAttribute: Sendable, Hashable, Codable {
  /// The kernel's number of the attribute.
  package let type: Int
  /// The attribute's value.
  package let payload: Octets

  /// An attribute of a type and a value.
  package init(type: Int, payload: Octets) {
    self.type = type
    self.payload = payload
  }

  init(_ attribute: NetlinkAttribute) {
    type = attribute.type
    payload = Octets(Array(attribute.payload))
  }

  /// An attribute that holds others.
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

/// An attribute of a message that was received. Valid as long as the message's bytes.
struct NetlinkAttribute {
  let type: Int
  let payload: UnsafeRawBufferPointer

  func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Value? {
    payload.header(Value.self)
  }

  /// A string up to its NUL.
  var text: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

  var ipAddress: IPAddress? { IPAddress(bytes: Array(payload)) }

  var nested: AttributeList { AttributeList(bytes: payload) }
}

/// A row of attributes, each a struct nlattr and its value, padded to four bytes. See netlink(7).
struct AttributeList: Sequence, IteratorProtocol {
  var bytes: UnsafeRawBufferPointer

  mutating func next() -> NetlinkAttribute? {
    let headerSize = MemoryLayout<nlattr>.size
    guard let header = bytes.header(nlattr.self), Int(header.nla_len) >= headerSize,
      Int(header.nla_len) <= bytes.count
    else { return nil }
    let payload = UnsafeRawBufferPointer(rebasing: bytes[headerSize..<Int(header.nla_len)])
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(aligned(Int(header.nla_len))))
    // The two upper bits of the type say "nested" and "network order".
    return NetlinkAttribute(type: Int(header.nla_type & 0x3FFF), payload: payload)
  }
}

extension UnsafeRawBufferPointer {
  /// The value at the start. Nil where the bytes are too few.
  func header<Value: BitwiseCopyable>(_: Value.Type) -> Value? {
    count >= MemoryLayout<Value>.size ? loadUnaligned(as: Value.self) : nil
  }

  /// The attributes behind a header.
  func attributes<Header: BitwiseCopyable>(after _: Header.Type) -> AttributeList {
    AttributeList(bytes: UnsafeRawBufferPointer(rebasing: dropFirst(aligned(MemoryLayout<Header>.size))))
  }
}

/// Netlink pads all that it holds to four bytes.
func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
