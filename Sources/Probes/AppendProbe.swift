import Journal
import Linux
import Scenario

/// A numbered record that the service acknowledges only after it is on stable storage.
struct AppendProbe: ProbeKind {
  let description = ProbeDescription(
    key: .append, summary: "an address and port that must store a numbered record", target: .streamURL,
    options: [
      .resolve, .authority,
      ProbeOption(
        name: "mounts",
        summary: "the service's disk as a file through the platform's storage; a cold read after recovery",
        form: .files),
      ProbeOption(
        name: "replicas", summary: "every copy that the storage keeps of this file: the bricks' files",
        form: .files),
    ])

  func problem(_ probe: Fleet.Probe) -> String? {
    let places = probe.recordPlaces
    if let twice = places.first(where: { place in
      places.count { $0.host == place.host && $0.path == place.path } > 1
    }) {
      return "'\(twice)' is written twice in 'mounts' and 'replicas'"
    }
    let further = ["ca", "resolve"].first { probe.options[$0] != nil }
    return further.flatMap { probe.target.hasPrefix("tls://") ? nil : "'\($0)' needs a target with tls://" }
  }

  func service(_ probe: Fleet.Probe) throws(ProbeRefused) -> any ProbedService {
    if let handles = try probe.connectionHandles() {
      return SecureService(probe, handles) { Record(number: $0.sequence) }
    }
    return AppendService(try Endpoint(ofTCP: probe))
  }

  /// A record's payload: its number, repeated over its bytes, so that a torn record can be detected.
  static func payload(_ number: Int64) -> String {
    (0..<8).map { byte in
      let value = UInt8(truncatingIfNeeded: number >> (8 * (7 - byte)))
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }.joined()
  }
}

private final class AppendService: ProbedService {
  private let endpoint: Endpoint
  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  func send(_ request: ProbeRequest, by events: ProbeEvents) throws(SystemError) -> any Attempt {
    try SocketAttempt(
      request, Record(number: request.sequence), over: try endpoint.streamSocket(),
      to: endpoint.socketAddress,
      isStream: true, by: events)
  }
}

/// A record and its acknowledgement.
struct Record: Dialogue {
  let number: Int64
  private var answer: [UInt8] = []

  /// A longer line is not an acknowledgement.
  private static let longest = 4096

  init(number: Int64) { self.number = number }

  var request: [UInt8] { Array("APPEND \(number) \(AppendProbe.payload(number))\n".utf8) }

  mutating func take(_ bytes: ArraySlice<UInt8>, ended: Bool) -> AttemptResult? {
    answer += bytes
    guard let end = answer.firstIndex(of: UInt8(ascii: "\n")) else {
      if ended { return .closed }
      return answer.count > Self.longest ? .fail("not-understood") : nil
    }
    let line = String(decoding: answer[..<end], as: UTF8.self)
    if line == "OK \(number)" { return .ok("stored") }
    // The service's own errno, of the machine that stores the records.
    if line.hasPrefix("ERR "), let code = line.split(separator: " ").dropFirst().first.flatMap({ Int32($0) })
    {
      return .fail("errno-\(code)")
    }
    return .fail("not-understood")
  }
}
