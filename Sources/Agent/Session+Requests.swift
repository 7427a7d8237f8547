import Leases
import AgentProtocol
import Faults
import Glibc
import Journal
import Linux
import Netlink
import Scenario
import Synchronization
import Views

extension Session {
  func answer(_ line: RequestLine, received: Int64) {
    let id = line.id
    do {
      if let run = course.run { try takeLock(for: run) }
      switch line.request {
      case .hello(let name, let controller):
        if let refusal = Greeting.refusal(ofController: controller) { throw refusal }
        outbox.send(.reply(id: id, .welcome(try welcome(name))))
      case .admission: outbox.send(.reply(id: id, .admission(refusals: refusals())))
      case .clock: outbox.send(.reply(id: id, .clock(Nanoseconds(received))))
      case .check(let spec, let duration): try check(id, try FaultOrder(spec), duration)
      case .survey(let views):
        let configurations = try views.map { spec in
          (spec: spec, commands: try spec.configuration())
        }
        answerAside(id, "survey") { instruments in
          .survey(
            fingerprint: Survey.fingerprint(configurations: configurations, using: instruments),
            // A host without libvirt runs no domain. A step on a domain that no host reports is refused.
            running: (try? Survey.running(using: instruments)) ?? [])
        }
      case .thaw(let leases):
        try thaw(id, "thaw", leases) { _ in .done }
      case .state(let leases):
        try thaw(id, "state", leases) { .state(try HostState.read(using: $0)) }
      case .query(let spec):
        let tools = try ViewTools(of: spec, policy: policyPath)
        answerAside(id, "query") { _ in .queried(tools.answers()) }
      case .checkFiles(let paths):
        let policyPath = policyPath
        answerAside(id, "check files") { _ in
          .checked(
            cutsControlPath: false,
            missing: paths.compactMap { RecordsFile($0, policy: policyPath).missing() })
        }
      case .records(let path, let owner):
        let policyPath = policyPath
        answerAside(id, "read records") { _ in
          .records(try RecordsFile(path, policy: policyPath).found(of: owner))
        }
      case .watchDomains:
        guard let run = course.run else { throw Refusal.noRun }
        if domains == nil {
          domains = try DomainWatch(run: run, history: historyPath) { [outbox] in outbox.send(.notice($0)) }
        }
        outbox.send(.reply(id: id, .done))
      case .leases:
        let found = statuses()
        // The controller takes a lease that isn't listed for one that was never armed.
        if !found.unreadable.isEmpty { throw Refusal(found.unreadable) }
        let own = found.known.filter { $0.run == course.run }
        outbox.send(.reply(id: id, .leases(own, isComplete: course.hasAllRecords)))
      case .arm(let lease, let spec, let begins, let duration):
        try arm(id, lease, try FaultOrder(spec), begins: begins, duration: duration)
      case .inject(let lease):
        if hold.isSet, let refusal = hold.refusal() { throw refusal }
        handle(.inject(id: id, lease: lease, received: Nanoseconds(received)))
      case .revert(let lease): handle(.revert(id: id, lease: lease))
      case .forget(let lease): handle(.forget(id: id, lease: lease))
      }
    } catch {
      outbox.send(.refusal(id: id, Refusal(error)))
    }
  }

  /// Locks the host for a run. An earlier session of the same run, whose path was cut, may still hold the lock. This
  /// session signals it. The earlier session then keeps its leases until they end and exits, and this session gets the
  /// lock.
  func takeLock(for name: String) throws {
    if course.holdsLock { return }
    var signed: [Substring] = []
    let decision: SessionCourse.LockDecision
    if let taken = try FileLock(lockPath) {
      let own = try ProcessIdentity(pid: getpid())
      try taken.sign("\(name) \(own.pid) \(own.started)")
      lock = LockBox(taken)
      decision = course.handle(.taken)
    } else {
      signed = String(decoding: try DurableFile.read(lockPath), as: UTF8.self).split(separator: " ")
      decision = course.handle(.held(byRun: signed.count == 3 ? String(signed[0]) : nil))
    }
    switch decision {
    case .own: break
    case .supersede:
      if let pid = Int32(signed[1]), let started = UInt64(signed[2]) {
        _ = try ProcessIdentity(pid: pid, started: started).signal(SIGUSR1)
      }
    case .refuse:
      throw Refusal.hostInUse(run: signed.first.map(String.init))
    }
  }

  /// The states of the leases on the disk, and why others can't be read.
  func statuses() -> (known: [LeaseStatus], unreadable: [Refusal]) {
    var known: [LeaseStatus] = []
    var unreadable: [Refusal] = []
    do {
      for name in try folder.names() {
        do {
          known.append(try folder.status(of: try folder.read(name)))
        } catch {
          unreadable.append(.leaseUnreadable(reason: "\(error)"))
        }
      }
    } catch {
      unreadable.append(.leaseUnreadable(reason: "\(error)"))
    }
    return (known, unreadable)
  }

  /// Deletes the records of other runs' leases that are known to be over, since no request to delete them will arrive.
  func forgetReverted(ofRunsBut name: String) {
    for status in statuses().known where status.run != name && status.isKnownToBeOver {
      do {
        try folder.remove(status.lease)
      } catch {
        outbox.send(.notice(.warning("\(error)")))
      }
    }
  }

  /// Whether a fault would cut the connection of this session.
  func cuts(_ order: FaultOrder) throws -> Bool {
    guard let connection else { return false }
    let path = try ControlPath(sshConnection: connection, using: try instruments.routes())
    return path.map { order.fault.traits.cuts($0) } ?? false
  }

  func check(_ id: Int, _ order: FaultOrder, _ duration: Nanoseconds) throws {
    let cuts = try cuts(order)
    let policyPath = policyPath
    let folder = folder
    let outbox = outbox
    answerAside(id, "check") { instruments in
      do {
        for line in try order.fault.remarks(using: instruments) { outbox.send(.notice(.warning(line))) }
      } catch {
        outbox.send(.notice(.warning("\(error)")))
      }
      var missing = order.missing(using: instruments) + folder.missing()
      do {
        missing += try Policy.read(policyPath).refusals(
          of: order, duration: duration, among: try instruments.routes().links()
        ).map { $0.line(of: policyPath) }
      } catch {
        missing.append("\(error)")
      }
      return .checked(cutsControlPath: cuts, missing: missing)
    }
  }

  /// Reverts the faults on domains with these leases' marks, then replies. A failure is reported as a warning.
  func thaw(
    _ id: Int, _ name: String, _ leases: [String],
    then answer: @escaping @Sendable (Instruments) throws -> Reply
  ) throws {
    if course.run == nil, !leases.isEmpty { throw Refusal.noRun }
    let folder = folder
    let outbox = outbox
    answerAside(id, name) { instruments in
      if !leases.isEmpty {
        do {
          for recovery in try folder.recoverOrphanedDomains(of: leases, using: instruments) {
            outbox.send(.notice(.warning("\(recovery)")))
          }
        } catch {
          outbox.send(.notice(.warning("\(error)")))
        }
      }
      return try answer(instruments)
    }
  }

  /// Replies from a separate thread, since libvirt or a tool may take long or hang.
  func answerAside(
    _ id: Int, _ name: String, _ body: @escaping @Sendable (Instruments) throws -> Reply
  ) {
    let outbox = outbox
    let asides = asides
    guard asides.begin(atMost: Self.mostAside) else {
      return outbox.send(.refusal(id: id, .tooManyRequests(limit: Int(Self.mostAside))))
    }
    do {
      try startThread(named: name) {
        defer { asides.end() }
        do {
          outbox.send(.reply(id: id, try body(.ofAgent())))
        } catch {
          outbox.send(.refusal(id: id, Refusal(error)))
        }
      }
    } catch {
      asides.end()
      outbox.send(.refusal(id: id, Refusal(error)))
    }
  }

  /// Counts the requests that are answered by separate threads.
  final class Asides: Sendable {
    private let count = Mutex<Int32>(0)

    func begin(atMost limit: Int32) -> Bool {
      count.withLock { count in
        if count >= limit { return false }
        count += 1
        return true
      }
    }

    func end() { count.withLock { $0 -= 1 } }
  }
}
