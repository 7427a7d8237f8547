import Linux
import Scenario

/// A TCP connection that opens.
struct TCPProbe: ProbeKind {
  let description = ProbeDescription(
    key: .tcp, summary: "an address and port that must accept a connection", target: .tcpURL)

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    TCPService(try Endpoint(ofTCP: probe))
  }
}

private final class TCPService: ProbedService {
  private let endpoint: Endpoint
  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    try SocketAttempt(
      request, Opening(), over: try endpoint.streamSocket(), to: endpoint.socketAddress, isStream: true, by: events)
  }
}

private struct Opening: Dialogue {
  let request: [UInt8] = []
  let connected: AttemptResult? = .ok("open")
  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? { connected }
}
