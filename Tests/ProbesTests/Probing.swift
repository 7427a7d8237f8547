import Journal
import Linux
import NamespaceTesting
import Netlink
import Probes
import Scenario
import Synchronization
import Testing

extension Tag {
  /// Needs root, to make a network namespace.
  @Tag static var namespace: Self
}

/// Runs a body in a temporary network namespace with 127.0.0.1 up.
func onLoopback<Result: Sendable>(_ body: @Sendable () throws -> Result) async throws -> Result {
  try await inNetworkNamespace {
    try RouteSocket().setUp(true, .name("lo"))
    return try body()
  }
}

/// The delivered samples, and a way to wait for them.
final class Harvest: Sendable {
  private let samples = Mutex<[Sample]>([])
  private let news: Mailbox<Bool>

  init() throws { news = try Mailbox() }

  /// Samples of the prober's own control are left out.
  func take(_ sample: Sample) {
    if sample.probe == Prober.controlName { return }
    samples.withLock { $0.append(sample) }
    news.post(true)
  }

  var all: [Sample] { samples.withLock { $0 } }
  /// Samples that the prober could take: on a busy machine it may have been late for others, or may have lagged.
  var known: [Sample] { all.filter { $0.status != "late" && $0.status != "lagged" } }

  /// Waits until `condition` holds; fails after a minute.
  func wait(_ condition: ([Sample]) -> Bool) throws {
    let end = Clock.monotonic.now + 60_000_000_000
    while !condition(known) {
      if Clock.monotonic.now > end { throw TooLong(samples: all) }
      news.wait(nanoseconds: 100_000_000)
      _ = news.take()
    }
  }

  struct TooLong: Error { var samples: [Sample] }
}

/// Probes a service until `condition` is met by the known samples; returns all samples after the stop.
@discardableResult func probe(
  _ probe: Fleet.Probe, until condition: ([Sample]) -> Bool = { $0.count >= 3 }
) throws -> [Sample] {
  let harvest = try Harvest()
  let prober = try Prober([probe], trial: 1, origin: 0) { harvest.take($0) }
  defer { prober.stop() }
  try harvest.wait(condition)
  return harvest.known
}

extension Fleet.Probe {
  /// A probe with a short interval and a long timeout, so that timing doesn't matter.
  static func patient(_ kind: Kind, _ target: String, _ options: [String: JSONValue] = [:]) -> Self {
    .init(
      name: "service", kind: kind, target: target, every: .milliseconds(20), timeout: .seconds(60),
      options: options)
  }
}

/// The key `expect` of an http probe.
func expecting(status: Int64? = nil, body: String? = nil) -> [String: JSONValue] {
  var expected: [String: JSONValue] = [:]
  expected["status"] = status.map { .integer($0) }
  expected["body"] = body.map { .string($0) }
  return ["expect": .object(expected)]
}

func http(_ status: String, _ body: String = "") -> TinyServer.Answer {
  .send("HTTP/1.0 \(status)\r\nContent-Type: text/plain\r\n\r\n\(body)")
}
