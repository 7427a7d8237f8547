import Journal
import Scenario

/// The medians of the parts of answered requests in one phase. Like percentiles of latency, they are exact for up to
/// 4,096 answers, and of more they have bounds. A part is nil if no request had it.
package struct RequestMedians: Encodable, Equatable, Sendable {
  /// Until the service's name had an address.
  package var resolve: Interval?
  /// From there until the transport's connection was established.
  package var connect: Interval?
  /// From there until the TLS handshake was complete.
  package var secure: Interval?
  /// From there until the first byte of the answer.
  package var firstByte: Interval?
  /// From there until the end of the answer.
  package var rest: Interval?

  private enum CodingKeys: String, CodingKey {
    case resolve, connect, secure, rest
    case firstByte = "first-byte"
  }

  init(_ fold: RequestPartsFold) {
    func median(_ distribution: LatencyDistribution) -> Interval? {
      distribution.percentile(50).map { Interval(estimate: $0.high, low: $0.low, high: $0.high) }
    }
    resolve = median(fold.resolve)
    connect = median(fold.connect)
    secure = median(fold.secure)
    firstByte = median(fold.firstByte)
    rest = median(fold.rest)
  }
}

/// The lengths of the parts of requests, in bounded memory. A part begins where the previous one ended.
struct RequestPartsFold {
  private(set) var resolve = LatencyDistribution()
  private(set) var connect = LatencyDistribution()
  private(set) var secure = LatencyDistribution()
  private(set) var firstByte = LatencyDistribution()
  private(set) var rest = LatencyDistribution()

  mutating func take(_ parts: RequestParts, of sample: Sample) {
    var begin = Nanoseconds.zero
    func part(until end: Nanoseconds?) -> Nanoseconds? {
      guard let end else { return nil }
      defer { begin = end }
      return max(end - begin, .zero)
    }
    if let length = part(until: parts.resolved) { resolve.add(length) }
    if let length = part(until: parts.connected) { connect.add(length) }
    if let length = part(until: parts.secured) { secure.add(length) }
    // Without this part the answer's time can't be divided.
    guard let length = part(until: parts.firstByte) else { return }
    firstByte.add(length)
    if let sent = sample.sent { rest.add(max(sample.completed - sent - begin, .zero)) }
  }
}
