import Leases
import AgentProtocol
import CLinux
import Faults
import Glibc
import Journal
import Linux
import Netlink
import Scenario

extension Session {
  func arm(
    _ id: Int, _ lease: String, _ order: FaultOrder, begins: Nanoseconds, duration: Nanoseconds
  ) throws -> [LeaseTable.Action] {
    guard run != nil else { throw AgentRefusal("say hello first: no run has this host") }
    guard Lease.isName(lease) else {
      throw AgentRefusal("'\(lease)' can't be a lease's name: 1 to 32 of a-z, 0-9 and _")
    }
    // Also a lease that is on its way: its own request is yet to be answered.
    if table.entries[lease] != nil { throw AgentRefusal("lease \(lease): a lease of that name stands") }
    if let refusal = hold.refusal() { throw AgentRefusal(refusal) }
    // The lease covers the time until the fault is asked for as well; the policy speaks of the fault alone.
    let refusals = try Policy.read(policyPath).refusals(
      of: order, duration: duration, among: try instruments.routes().links(), file: policyPath)
    if !refusals.isEmpty { throw AgentRefusal(refusals.joined(separator: "; ")) }
    guard begins >= .zero, duration > .zero, begins <= .seconds(3600) else {
      throw AgentRefusal("a fault begins within the hour and holds for more than no time")
    }
    // Each has processes and handles of its own.
    guard table.entries[lease] != nil || table.entries.count < Self.mostLeases else {
      throw AgentRefusal("\(Self.mostLeases) leases are held here: no host takes more at once")
    }
    let deadline = Nanoseconds(Clock.boottime.now) + begins + duration
    let cuts = try cuts(order)
    let observer = try observer(of: order)
    asked[lease, default: Asked()].arm = id
    orders[lease] = (order, deadline, cuts, observer)
    return feed(.arm(lease: lease, deadline: deadline, cutsControlPath: cuts), askedBy: id)
  }

  /// Reverts a lease that another session of this run took: by its record.
  func revertFromDisk(_ id: Int, _ name: String) -> [LeaseTable.Action] {
    let folder = folder
    answerAside(id, "revert") { instruments in
      let revert = try folder.revert(try folder.read(name), cause: .controller, using: instruments)
      if !revert.residue.isEmpty { throw ResidueLeft(lines: revert.residue) }
      return .reverted(revert)
    }
    return []
  }

  func perform(_ actions: [LeaseTable.Action]) {
    for action in actions {
      switch action {
      case .prepare(let lease): prepare(lease)
      case .inject(let lease):
        let received = asked[lease]?.received ?? Clock.monotonic.now
        workers[lease]?.inject(received: received) { [mailbox] in mailbox.post(.injected(lease: lease, $0)) }
      case .revert(let lease, let cause):
        workers[lease]?.revert(cause) { [mailbox] in mailbox.post(.reverted(lease: lease, $0)) }
      // `feed(_:askedBy:)` has sent it.
      case .refuse, .exit: break
      }
    }
  }

  /// Feeds what a request asks for. A refusal is sent at once: the lease may be over, and what was asked about it
  /// forgotten, before this round's actions are performed.
  func feed(_ event: LeaseTable.Event, askedBy id: Int) -> [LeaseTable.Action] {
    let actions = feed(event)
    for case .refuse(let lease, let reason) in actions {
      outbox.send(.refusal(id: id, "lease \(lease): \(reason)"))
      if asked[lease]?.inject == id { asked[lease]?.inject = nil }
      if table.entries[lease] == nil { release(lease) }
    }
    return actions
  }

  func prepare(_ lease: String) {
    guard let (order, deadline, cuts, observer) = orders[lease], let run else { return }
    let worker = LeaseWorker(lease, folder: folder, observer: observer)
    workers[lease] = worker
    worker.arm(order, run: run, deadline: deadline, cutsControlPath: cuts) { [mailbox] result in
      switch result {
      case .success: mailbox.post(.event(.armed(lease: lease, ok: true)))
      case .failure(let error):
        mailbox.post(.failed(lease: lease, "\(error)"))
        mailbox.post(.event(.armed(lease: lease, ok: false)))
      }
    }
  }

  /// The one that observes such a fault, started with the first.
  func observer(of order: FaultOrder) throws -> EffectObserver {
    let asksDaemon = order.fault.isByDaemon
    if let observer = observers[asksDaemon] { return observer }
    let observer = try EffectObserver(
      folder: folder, report: { [mailbox] in mailbox.post(.ended(lease: $0, $1)) },
      warn: { [outbox] in outbox.send(.notice(.warning($0))) })
    observers[asksDaemon] = observer
    return observer
  }

  func receive(_ message: Message) -> [LeaseTable.Action] {
    switch message {
    case .failed(let lease, let reason):
      if let id = asked[lease]?.arm { outbox.send(.refusal(id: id, "lease \(lease): \(reason)")) }
      asked[lease]?.arm = nil
      return []
    case .event(let event):
      if case .armed(let lease, true) = event {
        followWatchdog(of: lease)
        if let id = asked[lease]?.arm { outbox.send(.reply(id: id, .armed)) }
        asked[lease]?.arm = nil
      }
      return feed(event)
    case .injected(let lease, let result):
      if let id = asked[lease]?.inject {
        switch result {
        case .success(let effect): outbox.send(.reply(id: id, .effective(effect)))
        case .failure(let error): outbox.send(.refusal(id: id, "lease \(lease): \(error)"))
        }
        asked[lease]?.inject = nil
      }
      if case .success = result { return feed(.injected(lease: lease, ok: true)) }
      return feed(.injected(lease: lease, ok: false))
    case .ended(let lease, let end):
      outbox.send(.notice(.ended(lease: lease, end)))
      return []
    case .reverted(let lease, let result):
      switch result {
      case .success(let revert):
        let waiting = asked[lease]?.reverts ?? []
        for id in waiting { outbox.send(.reply(id: id, .reverted(revert))) }
        if waiting.isEmpty { outbox.send(.notice(.reverted(lease: lease, revert))) }
        let actions = feed(.reverted(lease: lease, ok: true))
        release(lease)
        return actions
      case .failure(let error):
        outbox.send(.notice(.stuck(lease: lease, "\(error)")))
        return feed(.reverted(lease: lease, ok: false))
      }
    }
  }

  func release(_ lease: String) {
    // It has nothing left to guard; where it is slow to end, it finds the lease lifted and ends by itself.
    if let watchdog = workers[lease]?.watchdog {
      _ = try? watchdog.signal(SIGKILL)
      // Its end says nothing of a later lease of that name.
      watchdogs[watchdog.pid]?.lease = nil
    }
    workers[lease] = nil
    orders[lease] = nil
    asked[lease] = nil
  }

  // MARK: Watchdogs

  func followWatchdog(of lease: String) {
    guard let process = workers[lease]?.watchdog else { return }
    do {
      let handle = DescriptorBox(try Descriptor(process: process.pid))
      try watch(handle.descriptor.number, .watchdog, data: process.pid)
      watchdogs[process.pid] = (lease, handle)
    } catch {
      // It is gone already.
      mailbox.post(.event(.watchdogEnded(lease: lease)))
    }
  }

  func watchdogEnded(_ pid: Int32) -> [LeaseTable.Action] {
    guard let (lease, handle) = watchdogs.removeValue(forKey: pid) else { return [] }
    _ = clinux_epoll_ctl(epoll.number, 2, handle.descriptor.number, 0, 0)
    ChildProcess.reapDetached()
    return lease.map { feed(.watchdogEnded(lease: $0)) } ?? []
  }
}
