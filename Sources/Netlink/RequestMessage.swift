import CNetlink
import Glibc

/// A request under construction, on libnl's message builder.
struct RequestMessage: ~Copyable {
  private let message: OpaquePointer
  /// An attribute did not fit.
  private(set) var isTooLong = false

  /// Enough for any request of this module; a qdisc's options are the longest part.
  private static let capacity = 32 << 10

  /// Starts a request of a type (RTM_…) with flags (NLM_F_…) and the type's fixed header.
  init(_ type: Int, flags: Int32, header: some BitwiseCopyable) {
    guard let message = nlmsg_alloc_size(Self.capacity),
      nlmsg_put(message, 0, 0, Int32(type), 0, NLM_F_REQUEST | flags) != nil
    else { fatalError("out of memory") }
    self.message = message
    isTooLong =
      withUnsafeBytes(of: header) { bytes in
        nlmsg_append(
          message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, Int32(NLMSG_ALIGNTO))
      } < 0
  }

  deinit { nlmsg_free(message) }

  mutating func put(_ type: Int, _ bytes: UnsafeRawBufferPointer) {
    if nla_put(message, Int32(type), Int32(bytes.count), bytes.baseAddress) < 0 { isTooLong = true }
  }

  mutating func put(_ type: Int, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { put(type, $0) }
  }

  /// Adds an attribute with a C value.
  mutating func put(_ type: Int, value: some BitwiseCopyable) {
    withUnsafeBytes(of: value) { put(type, $0) }
  }

  /// Adds a string with its NUL.
  mutating func put(_ type: Int, _ text: String) {
    if nla_put_string(message, Int32(type), text) < 0 { isTooLong = true }
  }

  mutating func put(_ attributes: [RawAttribute]) {
    for attribute in attributes { put(attribute.type, attribute.payload.bytes) }
  }

  /// Adds bytes outside any attribute, padded to four.
  mutating func append(_ value: some BitwiseCopyable) {
    let status = withUnsafeBytes(of: value) { bytes in
      nlmsg_append(
        message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, Int32(NLMSG_ALIGNTO))
    }
    if status < 0 { isTooLong = true }
  }

  /// Adds a nested attribute with the attributes that `content` adds.
  mutating func nest(_ type: Int, _ content: (inout RequestMessage) -> Void) {
    guard let start = nla_nest_start(message, Int32(type)) else {
      isTooLong = true
      return
    }
    content(&self)
    if nla_nest_end_keep_empty(message, start) < 0 { isTooLong = true }
  }

  /// Adds an element of RTA_MULTIPATH: a struct rtnexthop whose length covers the attributes behind it.
  mutating func nextHop(_ header: rtnexthop, _ content: (inout RequestMessage) -> Void) {
    let start = length
    append(header)
    content(&self)
    let size = UInt16(length - start)
    bytes.storeBytes(of: size, toByteOffset: start, as: UInt16.self)
  }

  /// The bytes of the whole message.
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: nlmsg_hdr(message), count: length)
  }

  private var length: Int { Int(nlmsg_hdr(message).pointee.nlmsg_len) }

  /// Sets the sequence number.
  func number(_ sequence: UInt32) { nlmsg_hdr(message).pointee.nlmsg_seq = sequence }
}
