import Glibc
import Journal
import Linux
import Scenario
import Synchronization
import Testing

@testable import Probes

/// A prober whose thread, or whose control, is stalled for seconds. Its server must not be stalled, too, so no other test
/// runs at the same time.
@Suite(.tags(.namespace), .serialized, .enabled(if: getuid() == 0, "needs root, to make a network namespace"))
struct ProberStallSerialTests {
  /// Stalls the prober's thread once, for longer than the timeout, when the server has `count` requests. The thread is
  /// stalled while it delivers a sample of a second probe, whose port is closed. The server answers no request before
  /// the stall. If `answers` is true, it answers all requests when the stall begins.
  private func stalled(after count: Int, timeout: Nanoseconds, answers: Bool) async throws
    -> [Sample]
  {
    try await onLoopback {
      let stall = Mutex<Nanoseconds?>(nil)
      let server = try TinyServer { _ in
        answers && stall.withLock { $0 } != nil ? .holdUntil(0, "HTTP/1.0 200 OK\r\n\r\n") : .silence
      }
      let harvest = try Harvest()
      var service = Fleet.Probe.patient(.http, "http://127.0.0.1:\(server.port)/")
      (service.every, service.timeout) = (.milliseconds(10), timeout)
      var closed = Fleet.Probe.patient(.tcp, "tcp://127.0.0.1:\(TinyServer.closedPort)")
      closed.name = "closed"
      let prober = try Prober([service, closed], trial: 1, origin: 0) { sample in
        if sample.probe == "closed", server.requests.count >= count, stall.withLock({ $0 }) == nil {
          stall.withLock { $0 = Nanoseconds(Clock.monotonic.now) }
          // The request that ends the server's silence.
          if answers { requestOnce(port: server.port) }
          usleep(UInt32(timeout.count / 1000 * 3 / 2))
        }
        harvest.take(sample)
      }
      do {
        defer { prober.stop() }
        // A request from before the stall has ended when a sample that was due after its deadline is delivered.
        try harvest.wait { _ in
          guard let stall = stall.withLock({ $0 }) else { return false }
          return harvest.all.contains { $0.probe == "closed" && $0.scheduled > stall + timeout + timeout }
        }
      }
      try server.stop()
      let began = try #require(stall.withLock { $0 })
      let through = harvest.all.filter { sample in
        guard sample.probe == "service", let sent = sample.sent else { return false }
        return sent < began && sample.completed > began
      }
      return through
    }
  }

  @Test("Answers that arrived while the prober was stalled are not failures")
  func anAnswerThatWaitsIsReadBeforeItsDeadlineIsJudged() async throws {
    let samples = try await stalled(after: 200, timeout: .seconds(4), answers: true)
    // On a busy machine some requests were not sent yet when the stall began: their answers are unknown, too.
    #expect(samples.count { $0.verdict == .ok } > ProbeEvents.batch / 2)
    #expect(samples.filter { $0.verdict == .fail } == [])
  }

  @Test("A missing answer is unknown if the prober was stalled while it waited")
  func aMissingAnswerIsUnknownIfTheProberLagged() async throws {
    let samples = try await stalled(after: 20, timeout: .milliseconds(400), answers: false)
    #expect(!samples.isEmpty)
    #expect(samples.allSatisfy { $0.verdict == .unknown && $0.status == "lagged" })
  }

  @Test("A failure that a program reports is unknown while the prober's own control doesn't answer")
  func aProgramOfABusyMachineIsUnknown() async throws {
    let samples = try await onLoopback {
      let control = try ControlService()
      control.stop()
      let harvest = try Harvest()
      let given = Fleet.Probe(
        name: "service", kind: .exec, target: "sh", every: .milliseconds(200), timeout: .milliseconds(400),
        options: ["exec": .array(["sh", "-c", "exit 2"].map { .string($0) })])
      let prober = try Prober([given], beside: control, trial: 1, origin: 0) { harvest.take($0) }
      defer { prober.stop() }
      // The first runs may end before the control's first request has waited too long.
      try harvest.wait { _ in harvest.all.count { $0.status == "lagged" } >= 3 }
      return harvest.all
    }
    let first = try #require(samples.firstIndex { $0.status == "lagged" })
    #expect(samples[first...].allSatisfy { $0.verdict == .unknown })
  }

  @Test("A missing answer is unknown while the prober's own control doesn't answer")
  func aMissingAnswerIsUnknownIfTheControlIsStuck() async throws {
    let (samples, control) = try await onLoopback {
      let server = try TinyServer { _ in .silence }
      let control = try ControlService()
      // Its thread ends, so connections are not accepted, as on an overloaded machine.
      control.stop()
      let harvest = try Harvest()
      let own = Mutex<[Sample]>([])
      var given = Fleet.Probe.patient(.http, "http://127.0.0.1:\(server.port)/")
      given.timeout = .milliseconds(400)
      let prober = try Prober([given], beside: control, trial: 1, origin: 0) { sample in
        harvest.take(sample)
        if sample.probe == Prober.controlName { own.withLock { $0.append(sample) } }
      }
      do {
        defer { prober.stop() }
        try harvest.wait { _ in harvest.all.count >= 5 && own.withLock { $0.count >= 2 } }
      }
      try server.stop()
      return (harvest.all.filter { $0.status != "stopped" }, own.withLock { $0 })
    }
    #expect(samples.count >= 5)
    #expect(samples.allSatisfy { $0.verdict == .unknown && ["lagged", "late"].contains($0.status) })
    #expect(control.contains { $0.verdict == .unknown && $0.status == "lagged" })
  }
}
