import Scenario

/// When the parts of a request were over, in nanoseconds since it was sent. A part is nil if the request has none of
/// that kind, or did not get that far.
package struct RequestParts: Equatable, Sendable {
  /// The service's name had an address.
  package var resolved: Nanoseconds?
  /// The transport's connection was established.
  package var connected: Nanoseconds?
  /// The TLS handshake was complete.
  package var secured: Nanoseconds?
  /// The first byte of the answer was read.
  package var firstByte: Nanoseconds?

  package init(
    resolved: Nanoseconds? = nil, connected: Nanoseconds? = nil, secured: Nanoseconds? = nil,
    firstByte: Nanoseconds? = nil
  ) {
    self.resolved = resolved
    self.connected = connected
    self.secured = secured
    self.firstByte = firstByte
  }
}
