import Testing

@testable import Probes

struct PingProbeTests {
  private let echo = Echo(number: 0x0102, mark: 0x1112_1314_1516_1718, isIPv6: false)

  /// The reply of a host to a request.
  private func reply(to request: [UInt8], kind: UInt8 = 0) -> [UInt8] { [kind] + request.dropFirst() }

  private func isTaken(_ bytes: [UInt8], by echo: Echo) -> Bool {
    var echo = echo
    return echo.take(bytes[...], ended: false) != nil
  }

  @Test("The reply to a request is taken, with and without an IP header")
  func reply() {
    let reply = reply(to: echo.request)
    #expect(isTaken(reply, by: echo))
    #expect(isTaken([0x45] + [UInt8](repeating: 0, count: 19) + reply, by: echo))
    let six = Echo(number: 7, mark: 8, isIPv6: true)
    #expect(isTaken(self.reply(to: six.request, kind: 129), by: six))
  }

  /// A raw socket delivers the replies to all programs.
  @Test("The reply to another request is not taken, nor a request")
  func others() {
    let other = Echo(number: 0x0102, mark: 0x1112_1314_1516_1719, isIPv6: false)
    #expect(!isTaken(reply(to: other.request), by: echo), "of another program, with the same number")
    let next = Echo(number: 0x0103, mark: 0x1112_1314_1516_1718, isIPv6: false)
    #expect(!isTaken(reply(to: next.request), by: echo))
    #expect(!isTaken(echo.request, by: echo))
    #expect(!isTaken(reply(to: echo.request, kind: 129), by: echo))
    for length in 0..<16 { #expect(!isTaken(Array(reply(to: echo.request)[..<length]), by: echo)) }
  }

  @Test("The checksum of a request is correct")
  func checksum() {
    let request = echo.request
    var sum = stride(from: 0, to: request.count, by: 2).reduce(0) {
      $0 + Int(request[$1]) << 8 + Int(request[$1 + 1])
    }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    #expect(request.count == 16 && sum == 0xffff)
  }
}
