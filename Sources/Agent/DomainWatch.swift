import AgentProtocol
import Dispatch
import Faults
import Glibc
import Journal
import Libvirt
import Linux
import Scenario

/// Reports the states of this host's domains as libvirt shows them, from now on, across restarts of libvirtd.
///
/// The reports are also written to a file: a session that takes over after a cut path first repeats them, with the
/// times of the observations.
final class DomainWatch: Sendable {
  private let history: String
  private let report: @Sendable (Notice) -> Void

  /// Starts watching for a run.
  init(run: String, history: String, report: @escaping @Sendable (Notice) -> Void) throws(SystemError) {
    self.history = history
    self.report = report
    let past = try Self.past(of: run, in: history)
    try startThread(named: "domains") { [self] in
      for notice in past { report(notice) }
      var believed = Self.running(after: past)
      var lastTrouble = ""
      while true {
        do {
          try watch(&believed)
          lastTrouble = ""
        } catch {
          if "\(error)" != lastTrouble { report(.warning("libvirt: \(error)")) }
          lastTrouble = "\(error)"
        }
        sleep(1)
      }
    }
  }

  /// The reports of an earlier session of this run; those of another run are deleted.
  private static func past(of run: String, in history: String) throws(SystemError) -> [Notice] {
    var lines: [[UInt8].SubSequence] = []
    do throws(SystemError) {
      lines = try DurableFile.read(history, limit: 1 << 24).split(separator: UInt8(ascii: "\n"))
    } catch {
      if error.errno != ENOENT { throw error }
    }
    if let first = lines.first, String(decoding: first, as: UTF8.self) == run {
      return lines.dropFirst().compactMap { try? WireCoding.value(Notice.self, from: $0) }
    }
    try DurableFile.write(Array("\(run)\n".utf8), to: history)
    return []
  }

  private static func running(after notices: [Notice]) -> Set<String> {
    notices.reduce(into: []) { names, notice in
      if case .domain(let name, let state, _, _) = notice {
        if state == .off { names.remove(name) } else { names.insert(name) }
      }
    }
  }

  private func note(_ notice: Notice) {
    report(notice)
    do {
      try DurableFile.append(try WireCoding.line(notice), to: history)
    } catch {
      report(.warning("domains: \(error)"))
    }
  }

  /// Reports each domain, then each event, until the connection ends.
  private func watch(_ believed: inout Set<String>) throws {
    let connection = try Connection.open("qemu:///system", access: .readOnly)
    let events = try connection.domainEvents()
    let active = try connection.domains(.active)
    let now = Nanoseconds(Clock.monotonic.now)
    for gone in believed.subtracting(active.map(\.name)).sorted() {
      note(.domain(name: gone, state: .off, what: "not found by the next query", at: now))
    }
    for domain in active {
      let state = try domain.state()
      note(.domain(name: domain.name, state: Self.state(of: state), what: "\(state)", at: now))
    }
    believed = Set(active.map(\.name))
    let ended = DispatchSemaphore(value: 0)
    Task { [self] in
      for await event in events {
        guard let state = Self.state(after: event.kind) else { continue }
        note(
          .domain(
            name: event.name, state: state, what: "\(event.kind), detail \(event.detail)",
            at: Nanoseconds(Int64(event.monotonicNanoseconds))))
      }
      ended.signal()
    }
    ended.wait()
  }

  private static func state(of state: DomainState) -> DomainSeen.State {
    switch state {
    case .running, .blocked: .running
    case .paused, .pmSuspended: .paused
    default: .off
    }
  }

  private static func state(after kind: DomainEvent.Kind) -> DomainSeen.State? {
    switch kind {
    case .started, .resumed: .running
    case .suspended, .pmSuspended: .paused
    case .stopped, .crashed: .off
    case .defined, .undefined, .shutdown, .other: nil
    }
  }
}
