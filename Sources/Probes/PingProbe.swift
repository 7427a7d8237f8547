import Glibc
import Linux
import Scenario

/// An ICMP echo.
struct PingProbe: ProbeKind {
  let description = ProbeDescription(
    key: .ping, summary: "an address that must answer an ICMP echo", target: .address)

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    guard let endpoint = Endpoint(host: probe.target) else {
      throw ProbeRefused(probe, "expected an address, or a name that resolves")
    }
    return PingService(endpoint)
  }
}

private final class PingService: ProbedService {
  private let endpoint: Endpoint
  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    let echo = Echo(
      number: UInt16(truncatingIfNeeded: request.sequence), mark: .random(in: .min ... .max),
      isIPv6: endpoint.isIPv6)
    return try SocketAttempt(
      request, echo, over: try socket(), to: endpoint.socketAddress, isStream: false, by: events)
  }

  private func socket() throws(SystemError) -> Descriptor {
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let icmp = Int32(endpoint.isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
    // A datagram socket needs a group in net.ipv4.ping_group_range; a raw socket needs root. See icmp(7).
    let datagram = Glibc.socket(endpoint.family, Int32(SOCK_DGRAM.rawValue) | flags, icmp)
    if datagram >= 0 { return Descriptor(owning: datagram) }
    return Descriptor(
      owning: try checked("socket", endpoint.host) {
        Glibc.socket(endpoint.family, Int32(SOCK_RAW.rawValue) | flags, icmp)
      })
  }
}

/// An echo request and its reply: RFC 792 and RFC 4443.
struct Echo: Dialogue {
  let number: UInt16
  /// Its data, which no other request has. A raw socket also delivers the replies to other programs and probes.
  let mark: UInt64
  let isIPv6: Bool

  /// The kernel writes the checksum of IPv6, and the id of a datagram.
  var request: [UInt8] {
    var packet: [UInt8] = [
      isIPv6 ? 128 : 8, 0, 0, 0, 0x4d, 0x75, UInt8(number >> 8), UInt8(number & 0xff),
    ]
    packet += markBytes
    var sum = stride(from: 0, to: packet.count, by: 2).reduce(UInt32(0)) {
      $0 + (UInt32(packet[$1]) << 8 | UInt32(packet[$1 + 1]))
    }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    packet[2] = UInt8(truncatingIfNeeded: ~sum >> 8)
    packet[3] = UInt8(truncatingIfNeeded: ~sum)
    return packet
  }

  private var markBytes: [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: mark >> UInt64($0)) }
  }

  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? {
    isReply(bytes) ? .ok("echo") : nil
  }

  /// A raw IPv4 socket delivers the IP header before the reply.
  private func isReply(_ bytes: ArraySlice<UInt8>) -> Bool {
    var packet = bytes
    if let first = packet.first, first >> 4 == 4 { packet = packet.dropFirst(Int(first & 0x0f) * 4) }
    guard packet.count >= 16, packet.first == (isIPv6 ? 129 : 0) else { return false }
    let start = packet.startIndex
    return UInt16(packet[start + 6]) << 8 | UInt16(packet[start + 7]) == number
      && packet[(start + 8)..<(start + 16)].elementsEqual(markBytes)
  }
}
