import AgentProtocol
import Faults
import Glibc
import Journal
import Libvirt
import Leases
import Linux
import Netlink
import Scenario
import Synchronization

/// Observes the effects of a session's leases and reports an effect that ends early. The observation of a lease begins
/// when its effect is verified and ends when its revert begins.
///
/// The observer has its own thread and its own handles, so that a revert never waits for it. It checks an effect when
/// the kernel or libvirt announces a change, and also periodically, since an announcement can be lost. If announcements
/// arrive faster than it can check, the checks use at most a tenth of its time.
final class EffectObserver: Sendable {
  typealias Judge = @Sendable (Instruments) throws -> EffectState

  private struct Observed {
    let lease: Lease
    let judge: Judge
    /// On CLOCK_MONOTONIC, like all times here.
    var lastActive: Int64
    var nextLook: Int64
    /// Why the last observation failed.
    var trouble: String?

    var interval: Int64 { lease.order.fault.lookInterval.count }
  }

  private struct State {
    var observed: [String: Observed] = [:]
    var followsDomains = false
  }

  private let state = Mutex(State())
  private let wakeUps: Mailbox<Void>
  private let folder: LeaseFolder
  private let report: @Sendable (_ lease: String, EarlyEnd) -> Void
  private let warn: @Sendable (String) -> Void

  /// The shortest pause between two rounds of checks that announcements cause.
  private static let leastPause: Int64 = 5_000_000

  /// - Parameters:
  ///   - report: receives an early end, once for each lease, on the observer's thread.
  ///   - warn: receives the reason why an effect can't be observed.
  init(
    folder: LeaseFolder, report: @escaping @Sendable (_ lease: String, EarlyEnd) -> Void,
    warn: @escaping @Sendable (String) -> Void
  ) throws(SystemError) {
    self.folder = folder
    self.report = report
    self.warn = warn
    wakeUps = try Mailbox()
    try startThread(named: "observe") { [self] in serve() }
  }

  /// Begins to observe a lease.
  ///
  /// - Parameter seen: when its effect was last observed.
  func begin(_ lease: Lease, _ judge: @escaping Judge, seen: Nanoseconds) {
    state.withLock {
      $0.observed[lease.name] = Observed(lease: lease, judge: judge, lastActive: seen.count, nextLook: 0)
    }
    wakeUps.post(())
  }

  /// Ends the observation, because the revert is about to begin. After this returns, no early end of this lease is
  /// reported.
  ///
  /// - Returns: the last observation of the effect; nil if the lease isn't observed or its effect has ended.
  func end(_ lease: String) -> Nanoseconds? {
    state.withLock { $0.observed.removeValue(forKey: lease).map { Nanoseconds($0.lastActive) } }
  }

  // MARK: The thread

  private func serve() {
    let instruments = Instruments()
    var sockets: [EffectSignal: ChangeNotifications] = [:]
    var troubles: [EffectSignal: String] = [:]
    var isWoken = false
    var pauseEnds: Int64 = 0
    while true {
      let nextLook = state.withLock { $0.observed.values.map(\.nextLook).min() } ?? .max
      // Changes that are announced before the end of the pause are covered by the same check.
      let watched = isWoken ? [] : sockets.values.map(\.descriptor)
      isWoken = wait(for: watched, until: isWoken ? min(nextLook, pauseEnds) : nextLook) || isWoken
      let begin = Clock.monotonic.now
      guard begin >= nextLook || isWoken && begin >= pauseEnds else { continue }
      for signal in state.withLock({ Set($0.observed.values.flatMap(\.lease.order.fault.signals)) }) {
        do {
          try subscribe(to: signal, &sockets, instruments)
          troubles[signal] = nil
        } catch {
          if troubles.updateValue("\(error)", forKey: signal) != "\(error)" { warn("\(error)") }
        }
      }
      for socket in sockets.values { socket.drain() }
      let due = state.withLock { $0.observed.values.filter { isWoken || $0.nextLook <= begin } }
      for observed in due { check(observed, using: instruments) }
      isWoken = false
      let end = Clock.monotonic.now
      pauseEnds = end + max(Self.leastPause, 9 * (end - begin))
    }
  }

  /// Waits for an announcement or a wake-up until a given time; false if the time is over.
  private func wait(for sockets: [Int32], until time: Int64) -> Bool {
    var watched = ([wakeUps.descriptor] + sockets).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let left = time == .max ? -1 : Int32(clamping: (max(0, time - Clock.monotonic.now) + 999_999) / 1_000_000)
    let count = poll(&watched, nfds_t(watched.count), left)
    if watched[0].revents != 0 { _ = wakeUps.take() }
    return count > 0
  }

  private func subscribe(
    to signal: EffectSignal, _ sockets: inout [EffectSignal: ChangeNotifications], _ instruments: Instruments
  ) throws {
    switch signal {
    case .links where sockets[.links] == nil: sockets[.links] = try ChangeNotifications(of: .links)
    case .nftables where sockets[.nftables] == nil:
      sockets[.nftables] = try ChangeNotifications(of: .nftables)
    case .domains where !state.withLock(\.followsDomains):
      let events = try instruments.hypervisor().domainEvents()
      state.withLock { $0.followsDomains = true }
      Task { [self] in
        for await _ in events { wakeUps.post(()) }
        // The connection was lost; the next observation opens another.
        state.withLock { $0.followsDomains = false }
        wakeUps.post(())
      }
    case .links, .nftables, .domains: break
    }
  }

  private func check(_ observed: Observed, using instruments: Instruments) {
    let name = observed.lease.name
    // An effect that is active in the answer was active when the question was asked. An effect that is inactive in the
    // answer had ended when the answer arrived.
    let asked = Clock.monotonic.now
    let found = Result { try observed.judge(instruments) }
    let answered = Clock.monotonic.now
    switch found {
    case .success(.active): update(name, asked) { $0.lastActive = asked }
    case .success(.inactive(let reason)):
      guard let last = state.withLock({ $0.observed.removeValue(forKey: name) })?.lastActive,
        !folder.isBeingReverted(observed.lease)
      else { return }
      let end = EarlyEnd(
        lastActive: Nanoseconds(last), firstEnded: Nanoseconds(answered), boot: observed.lease.boot,
        cause: .others, reason: reason)
      // The log comes first: a revert that follows the report takes the end from there.
      folder.noteIfPossible(.ended(end), of: name, isSynced: false)
      report(name, end)
    case .failure(let error):
      if observed.trouble != "\(error)" { warn("lease \(name): its effect can't be observed: \(error)") }
      update(name, asked) { $0.trouble = "\(error)" }
    }
  }

  private func update(_ lease: String, _ asked: Int64, _ change: (inout Observed) -> Void) {
    state.withLock { state in
      guard var observed = state.observed[lease] else { return }
      observed.trouble = nil
      observed.nextLook = asked + observed.interval
      change(&observed)
      state.observed[lease] = observed
    }
  }
}
