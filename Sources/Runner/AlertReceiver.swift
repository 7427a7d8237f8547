import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Linux
import Probes
import Scenario
import Synchronization
import Views

/// The receiving end of a channel of alerts: an HTTP server that collects the notifications from Alertmanager during a
/// run.
///
/// Before the first belief, it requests an alert from Alertmanager, the canary. If the canary arrives, a later silence
/// means that Alertmanager delivered no alert.
final class AlertReceiver: Sendable {
  private struct State {
    /// The notifications, in the order of their arrival.
    var notifications: [ViewAnswer] = []
    var isProven = false
    /// Whether the notification that resolves the canary has arrived.
    var isResolved = false
    /// Why the belief is unknown.
    var failure: String?
  }

  private let channel: AlertChannel
  private let run: String
  private let state = Mutex(State())
  private let arrived: @Sendable (LookResult) -> Void
  private let serving = Mutex<Task<Void, Never>?>(nil)

  /// How long the canary may take: Alertmanager waits for 30 s by default before it notifies of a new group.
  private static let patience = Nanoseconds.seconds(90)
  /// The lifetime in seconds of a canary that a killed Murphy could not resolve.
  private static let lifetime = 120.0
  /// A longer notification is refused.
  private static let longest = 1 << 20

  /// Starts listening, and sends the canary.
  ///
  /// - Parameter arrived: called on any thread when the belief may have changed.
  init(
    _ channel: AlertChannel, run: String, arrived: @escaping @Sendable (LookResult) -> Void
  ) throws(SystemError) {
    self.channel = channel
    self.run = run
    self.arrived = arrived
    let server: HTTPServer
    do {
      server = try Self.server(at: channel)
    } catch {
      fail(Self.words(error))
      return
    }
    serving.withLock { serving in
      serving = Task { [self] in
        await server.appendRoute("POST *") { [self] request in await take(request) }
        do {
          try await server.run()
        } catch is CancellationError {
          // The run of this canary has ended.
        } catch {
          fail(Self.words(error))
        }
      }
    }
    try startThread(named: "canary") { [self] in prove() }
  }

  /// Stops listening, and resolves the canary.
  func stop() {
    serving.withLock { $0?.cancel() }
    resolve()
  }

  /// The present belief; nil while the canary is awaited.
  var result: LookResult? {
    state.withLock { state in
      if let failure = state.failure { return .failed(failure) }
      return state.isProven ? .answers(state.notifications) : nil
    }
  }

  private static func server(at channel: AlertChannel) throws -> HTTPServer {
    channel.address.contains(":")
      ? HTTPServer(
        address: try .inet6(ip6: channel.address, port: channel.port), logger: .disabled)
      : HTTPServer(address: try .inet(ip4: channel.address, port: channel.port), logger: .disabled)
  }

  private static func words(_ error: any Error) -> String {
    guard case .failed(let call, let code, let message)? = error as? SocketError else { return "\(error)" }
    return "\(call): \(message) (errno \(code)): 'webhook' must be an address of this machine that is free"
  }

  private func fail(_ reason: String) {
    let text = "\(channel.address) port \(channel.port): \(reason)"
    state.withLock { $0.failure = $0.failure ?? text }
    arrived(.failed(text))
  }

  private func take(_ request: HTTPRequest) async -> HTTPResponse {
    do {
      var body = Data()
      for try await part in request.bodySequence {
        body += part
        if body.count > Self.longest { return HTTPResponse(statusCode: .payloadTooLarge) }
      }
      let text = String(decoding: body, as: UTF8.self)
      guard let notification = AlertNotification(text) else { return HTTPResponse(statusCode: .badRequest) }
      let shown = state.withLock { state -> LookResult? in
        state.notifications.append(ViewAnswer(text))
        state.isProven = state.isProven || notification.proves(run)
        return state.isProven && state.failure == nil ? .answers(state.notifications) : nil
      }
      if let shown { arrived(shown) }
      return HTTPResponse(statusCode: .ok)
    } catch {
      return HTTPResponse(statusCode: .badRequest)
    }
  }

  // MARK: The canary

  /// Sends the canary until it arrives, then resolves it.
  private func prove() {
    defer { resolve() }
    let began = Clock.monotonic.now
    var refusal: String?
    while !isProven, !isResolved {
      if Clock.monotonic.now - began > Self.patience.count {
        return fail(
          "the canary was not delivered within \(Self.patience): "
            + (refusal
              ?? "\(channel.alertmanager) has it; check that its route of receivers ends at this address"))
      }
      // It is sent again, in case Alertmanager was not ready.
      refusal = post(channel.canary(of: run, end: (Date.now + Self.lifetime).ISO8601Format()))
      for _ in 0..<50 where !isProven { usleep(100_000) }
    }
  }

  private func resolve() {
    let isFirst = state.withLock { state in
      defer { state.isResolved = true }
      return !state.isResolved
    }
    if isFirst { _ = post(channel.canary(of: run, end: Date.now.ISO8601Format())) }
  }

  private var isProven: Bool { state.withLock { $0.isProven } }
  private var isResolved: Bool { state.withLock { $0.isResolved } }

  /// Why Alertmanager did not accept it; nil if it did.
  private func post(_ alerts: String) -> String? {
    switch HTTPAnswer.post(alerts, to: channel.alertsURL, timeout: .seconds(5)) {
    case .body: nil
    case .failed(let reason): reason
    }
  }
}
