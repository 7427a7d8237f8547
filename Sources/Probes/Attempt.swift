import Glibc
import Journal
import Linux
import Scenario

/// One request of a probe: a non-blocking socket and its progress.
final class Attempt {
  let probe: Fleet.Probe
  let sequence: Int64
  let scheduled: Int64
  let sent: Int64
  /// When the service had its whole timeout: later by the time that the prober itself may have taken.
  private(set) var deadline: Int64
  let socket: Descriptor
  private(set) var boot: String?
  private var connected: Bool
  private var outgoing: [UInt8]
  private var incoming: [UInt8] = []

  /// Only so many bytes of an answer are read.
  private static let answerLimit = 65536

  /// Opens a socket and starts to connect.
  init(_ probe: Fleet.Probe, _ endpoint: Endpoint, sequence: Int64, scheduled: Int64, now: Int64)
    throws(SystemError)
  {
    self.probe = probe
    self.sequence = sequence
    self.scheduled = scheduled
    sent = now
    deadline = max(scheduled, now) + probe.timeout.count
    let family = endpoint.isIPv6 ? AF_INET6 : AF_INET
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    switch probe.kind {
    case .ping:
      let number = Int32(endpoint.isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
      // A datagram socket needs the group in net.ipv4.ping_group_range, a raw one needs root: see icmp(7).
      var opened = Glibc.socket(family, Int32(SOCK_DGRAM.rawValue) | flags, number)
      if opened < 0 { opened = Glibc.socket(family, Int32(SOCK_RAW.rawValue) | flags, number) }
      let raw = opened
      socket = Descriptor(owning: try checked("socket", probe.target) { raw })
      outgoing = Self.echo(sequence: UInt16(truncatingIfNeeded: sequence), isIPv6: endpoint.isIPv6)
    case .http, .tcp, .append:
      socket = Descriptor(
        owning: try checked("socket", probe.target) {
          Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | flags, 0)
        })
      switch probe.kind {
      case .http:
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        outgoing = Array("GET \(endpoint.path) HTTP/1.0\r\nHost: \(host)\r\nUser-Agent: murphy\r\n\r\n".utf8)
      case .append: outgoing = Array("APPEND \(sequence) \(Self.payload(sequence))\n".utf8)
      default: outgoing = []
      }
    }
    connected = probe.kind == .ping
    let address = endpoint.socketAddress
    let result = address.withUnsafeBytes { bytes in
      connect(
        socket.number, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
    }
    if result != 0, errno != EINPROGRESS { throw SystemError("connect", probe.target, errno: errno) }
  }

  /// Proceeds as far as possible without waiting; returns the verdict, or nil while the attempt is in progress.
  ///
  /// - Parameter looked: the last time at which the socket is known not to have been ready, unless it is newer.
  func advance(unreadySince looked: Int64) -> (Sample.Verdict, String)? {
    if !connected {
      var code: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      var name = sockaddr_storage()
      var nameLength = socklen_t(MemoryLayout<sockaddr_storage>.size)
      getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length)
      if code != 0 { return (.fail, Self.word(for: code)) }
      // No error and no peer: the connection is still being established.
      let peer = withUnsafeMutablePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket.number, $0, &nameLength) }
      }
      if peer != 0 { return nil }
      connected = true
      // The connection may have been ready since then, without a request.
      deadline += max(0, Clock.monotonic.now - max(looked, sent))
      if probe.kind == .tcp { return (.ok, "open") }
    }
    while !outgoing.isEmpty {
      let count = outgoing.withUnsafeBytes {
        Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        let code = errno
        if code == EAGAIN || code == EINTR { return nil }
        return (.fail, Self.word(for: code))
      }
      outgoing.removeFirst(count)
    }
    return receive()
  }

  private func receive() -> (Sample.Verdict, String)? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(socket.number, &buffer, buffer.count, 0)
      if count < 0 {
        let code = errno
        if code == EAGAIN || code == EINTR { return nil }
        return (.fail, Self.word(for: code))
      }
      switch probe.kind {
      case .ping:
        if Self.answersEcho(buffer[..<count], sequence: UInt16(truncatingIfNeeded: sequence)) {
          return (.ok, "echo")
        }
      case .append:
        incoming += buffer[..<count]
        if let answer = acknowledgement(ended: count == 0) { return answer }
      case .http:
        incoming += buffer[..<count]
        if count == 0 || incoming.count > Self.answerLimit { return httpVerdict() }
      case .tcp: return (.ok, "open")
      }
    }
  }

  private func acknowledgement(ended: Bool) -> (Sample.Verdict, String)? {
    guard let end = incoming.firstIndex(of: UInt8(ascii: "\n")) else {
      return ended || incoming.count > Self.answerLimit ? (.fail, "closed") : nil
    }
    let line = String(decoding: incoming[..<end], as: UTF8.self)
    if line == "OK \(sequence)" { return (.ok, "stored") }
    return (.fail, line.hasPrefix("ERR ") ? "error \(line.dropFirst(4).prefix(24))" : "answer not understood")
  }

  private func httpVerdict() -> (Sample.Verdict, String) {
    let text = String(decoding: incoming, as: UTF8.self)
    guard text.hasPrefix("HTTP/"), let space = text.firstIndex(of: " ") else { return (.fail, "closed") }
    let status = text[text.index(after: space)...].prefix { $0.isNumber }
    let body = text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? ""
    for line in body.split(whereSeparator: \.isNewline) where line.hasPrefix("boot=") {
      boot = String(line.dropFirst(5).prefix(64))
    }
    guard let code = Int(status) else { return (.fail, "closed") }
    if code != probe.status ?? 200 { return (.fail, "\(code)") }
    if let expected = probe.body, !body.contains(expected) { return (.fail, "wrong body") }
    return (.ok, "\(code)")
  }

  /// A record's payload: its own number repeated over its bytes, so that a torn record can be detected.
  static func payload(_ sequence: Int64) -> String {
    (0..<8).map { byte in
      let value = UInt8(truncatingIfNeeded: sequence >> (8 * (7 - byte)))
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }.joined()
  }

  /// A word for a sample's status.
  static func word(for code: Int32) -> String {
    switch code {
    case ECONNREFUSED: "refused"
    case ECONNRESET, EPIPE: "reset"
    case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: "unreachable"
    case ETIMEDOUT: "timeout"
    default: "errno \(code)"
    }
  }
}

extension Attempt {
  /// An ICMP echo request, RFC 792 and RFC 4443. The kernel fills in IPv6's checksum and a datagram's id.
  private static func echo(sequence: UInt16, isIPv6: Bool) -> [UInt8] {
    var packet: [UInt8] = [
      isIPv6 ? 128 : 8, 0, 0, 0, 0x4d, 0x75, UInt8(sequence >> 8), UInt8(sequence & 0xff),
    ]
    var sum = stride(from: 0, to: 8, by: 2).reduce(UInt32(0)) {
      $0 + (UInt32(packet[$1]) << 8 | UInt32(packet[$1 + 1]))
    }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    packet[2] = UInt8(truncatingIfNeeded: ~sum >> 8)
    packet[3] = UInt8(truncatingIfNeeded: ~sum)
    return packet
  }

  /// Whether a packet is the echo reply with this number. A raw IPv4 socket delivers the IP header before it.
  private static func answersEcho(_ bytes: ArraySlice<UInt8>, sequence: UInt16) -> Bool {
    var packet = bytes
    if let first = packet.first, first >> 4 == 4 { packet = packet.dropFirst(Int(first & 0x0f) * 4) }
    guard packet.count >= 8, let kind = packet.first, kind == 0 || kind == 129 else { return false }
    let start = packet.startIndex
    return UInt16(packet[start + 6]) << 8 | UInt16(packet[start + 7]) == sequence
  }
}
