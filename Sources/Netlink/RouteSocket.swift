import CNetlink
import Glibc

/// A connection to the kernel's routing and link configuration, rtnetlink(7).
///
/// Use a socket from one thread at a time. It stays in the network namespace in which it was opened, also if
/// another thread uses it later. Reuse it: a request on an open socket costs little more than its two system calls.
///
/// Messages are built with libnl but read here, since libnl maps the kernel's errno to its own, fewer codes, and
/// drops the kernel's message.
package final class RouteSocket {
  private let socket: OpaquePointer
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  private var sequence: UInt32 = 0

  /// The kernel writes at most 32 KiB of a dump at a time.
  private static let bufferSize = 64 << 10
  /// How often a dump is repeated if links or routes change during it.
  private static let dumpAttempts = 32

  /// Opens a socket in the network namespace of the calling thread.
  package init() throws(NetlinkError) {
    guard let socket = nl_socket_alloc() else {
      throw NetlinkError(operation: "open", object: "route socket", code: ENOMEM)
    }
    guard nl_connect(socket, NETLINK_ROUTE) == 0 else {
      let code = errno
      nl_socket_free(socket)
      throw NetlinkError(operation: "open", object: "route socket", code: code)
    }
    self.socket = socket
    descriptor = nl_socket_get_fd(socket)
    buffer = .allocate(byteCount: Self.bufferSize, alignment: 8)
    // Each option is a refinement that an older kernel may lack: extended error messages; errors without a copy of
    // the request; dumps that the kernel filters. Replies are therefore also checked here.
    for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK] {
      var on: Int32 = 1
      _ = setsockopt(descriptor, SOL_NETLINK, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  deinit {
    nl_socket_free(socket)
    buffer.deallocate()
  }

  /// The request's name in an error.
  struct Purpose {
    var operation: String
    var object: String

    func error(_ code: Int32, _ kernelMessage: String? = nil) -> NetlinkError {
      NetlinkError(operation: operation, object: object, code: code, kernelMessage: kernelMessage)
    }
  }

  /// Sends a request with NLM_F_ACK that changes something, and waits for the acknowledgement.
  func perform(_ request: borrowing RequestMessage, _ purpose: @autoclosure () -> Purpose)
    throws(NetlinkError)
  {
    try send(request, purpose())
    _ = try receive(purpose()) { _, _ in true }
  }

  /// Sends a request for one object and reads the reply.
  func get<Value>(
    _ request: borrowing RequestMessage, _ purpose: Purpose, _ read: (UnsafeRawBufferPointer) -> Value?
  ) throws(NetlinkError) -> Value {
    var value: Value?
    try send(request, purpose)
    _ = try receive(purpose) { _, payload in
      value = read(payload)
      return false
    }
    guard let value else { throw purpose.error(EBADMSG) }
    return value
  }

  /// Requests all objects of a type (RTM_NEW…); `read` returns nil for those to skip.
  ///
  /// If something changes while the kernel lists the objects, the list may lack some or contain some twice. It is
  /// then discarded and requested again.
  func dump<Value>(
    _ request: borrowing RequestMessage, type: Int, _ purpose: Purpose,
    _ read: (UnsafeRawBufferPointer) -> Value?
  ) throws(NetlinkError) -> [Value] {
    for _ in 0..<Self.dumpAttempts {
      var values: [Value] = []
      try send(request, purpose)
      let isConsistent = try receive(purpose) { messageType, payload in
        if messageType == type, let value = read(payload) { values.append(value) }
        return true
      }
      if isConsistent { return values }
    }
    throw purpose.error(EAGAIN, "the list changed during each of \(Self.dumpAttempts) readings")
  }

  private func send(_ request: borrowing RequestMessage, _ purpose: @autoclosure () -> Purpose)
    throws(NetlinkError)
  {
    guard !request.isTooLong else { throw purpose().error(EMSGSIZE) }
    sequence &+= 1
    request.number(sequence)
    let bytes = request.bytes
    while Glibc.send(descriptor, bytes.baseAddress, bytes.count, 0) < 0 {
      guard errno == EINTR else { throw purpose().error(errno) }
    }
  }

  /// Reads the reply to the last request up to its end: an acknowledgement, the end of a dump, or the first message
  /// after which `take` returns false. Returns false if a dump was interrupted.
  private func receive(
    _ purpose: @autoclosure () -> Purpose, _ take: (Int, UnsafeRawBufferPointer) -> Bool
  ) throws(NetlinkError) -> Bool {
    var isConsistent = true
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
      if count < 0 {
        if errno == EINTR { continue }
        throw purpose().error(errno)
      }
      guard count <= buffer.count else { throw purpose().error(EMSGSIZE) }
      var rest = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
      while let header = rest.header(nlmsghdr.self), Int(header.nlmsg_len) >= MemoryLayout<nlmsghdr>.size,
        Int(header.nlmsg_len) <= rest.count
      {
        let payload = UnsafeRawBufferPointer(
          rebasing: rest[MemoryLayout<nlmsghdr>.size..<Int(header.nlmsg_len)])
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(aligned(Int(header.nlmsg_len))))
        // The rest of an earlier reply that was not read to its end.
        guard header.nlmsg_seq == sequence else { continue }
        if Int32(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { isConsistent = false }
        switch Int32(header.nlmsg_type) {
        case NLMSG_ERROR, NLMSG_DONE:
          try Self.check(header, payload, purpose())
          return isConsistent
        default:
          guard take(Int(header.nlmsg_type), payload) else { return isConsistent }
        }
      }
    }
  }

  /// Throws the error of an NLMSG_ERROR or NLMSG_DONE message, if it has one.
  private static func check(
    _ header: nlmsghdr, _ payload: UnsafeRawBufferPointer, _ purpose: @autoclosure () -> Purpose
  ) throws(NetlinkError) {
    guard let status = payload.header(Int32.self), status < 0 else { return }
    var message: String?
    if Int32(header.nlmsg_flags) & NLM_F_ACK_TLVS != 0 {
      var offset = MemoryLayout<Int32>.size
      if Int32(header.nlmsg_type) == NLMSG_ERROR, let error = payload.header(nlmsgerr.self) {
        let isCapped = Int32(header.nlmsg_flags) & NLM_F_CAPPED != 0
        offset += isCapped ? MemoryLayout<nlmsghdr>.size : aligned(Int(error.msg.nlmsg_len))
      }
      let attributes = AttributeList(bytes: UnsafeRawBufferPointer(rebasing: payload.dropFirst(offset)))
      message = attributes.first { $0.type == Int(NLMSGERR_ATTR_MSG.rawValue) }?.text
    }
    throw purpose().error(-status, message)
  }
}
