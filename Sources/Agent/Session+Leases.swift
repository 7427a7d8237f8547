import AgentProtocol
import CLinux
import Faults
import Glibc
import Journal
import Leases
import Linux
import Netlink
import Scenario

extension Session {
  /// Handles an event of a lease, and performs the acts that the course returns.
  func handle(_ event: SessionCourse.Event) {
    for effect in course.handle(event, at: Nanoseconds(Clock.boottime.now)) { perform(effect) }
  }

  private func perform(_ effect: SessionCourse.Effect) {
    switch effect {
    case .send(let line): outbox.send(line)
    case .prepare(let lease): prepare(lease)
    case .inject(let lease, let received): workers[lease]?.inject(received: received)
    case .revert(let lease, let cause): workers[lease]?.revert(cause)
    case .revertFromDisk(let id, let lease): revertFromDisk(id, lease)
    case .forget(let id, let lease): forget(id, lease)
    case .followWatchdog(let lease): followWatchdog(of: lease)
    case .revertAdopted: revertAdopted()
    case .release(let lease): release(lease)
    case .exit: hasEnded = true
    }
  }

  func arm(
    _ id: Int, _ lease: String, _ order: FaultOrder, begins: Nanoseconds, duration: Nanoseconds
  ) throws {
    noteSupersession()
    guard Lease.isName(lease) else { throw Refusal.invalidLeaseName(lease) }
    if let refusal = course.refusal(ofArming: lease) { throw refusal }
    if let refusal = hold.refusal() { throw refusal }
    // The lease covers the time until the injection as well; the policy limits the fault alone.
    let policy: Policy
    do {
      policy = try Policy.read(policyPath)
    } catch {
      throw Refusal.noPolicy(reason: "\(error)")
    }
    let refusals = policy.refusals(
      of: order, duration: duration, among: try instruments.routes().links())
    if !refusals.isEmpty { throw Refusal(refusals.map { .notAllowed(reason: $0.line(of: policyPath)) }) }
    guard begins >= .zero, duration > .zero, begins <= .seconds(3600) else { throw Refusal.invalidTerms }
    let deadline = Nanoseconds(Clock.boottime.now) + begins + duration
    let cuts = try cuts(order)
    orders[lease] = (order, deadline, cuts, try observer(of: order))
    handle(.arm(id: id, lease: lease, deadline: deadline, cutsControlPath: cuts))
  }

  private func revertFromDisk(_ id: Int, _ name: String) {
    let folder = folder
    answerAside(id, "revert") { instruments in
      guard Lease.isName(name) else { throw Refusal.noSuchLease(lease: name) }
      let revert = try folder.revert(try folder.read(name), cause: .controller, using: instruments)
      if !revert.residue.isEmpty { throw ResidueLeft(lines: revert.residue) }
      return .reverted(revert)
    }
  }

  private func forget(_ id: Int, _ name: String) {
    let folder = folder
    answerAside(id, "forget") { _ in
      // The answer to an earlier request may have been lost.
      if Lease.isName(name), try !folder.names().contains(name) { return .done }
      guard Lease.isName(name), folder.isKnownToBeOver(try folder.read(name)) else {
        throw Refusal.notReverted(lease: name)
      }
      try folder.remove(name)
      return .done
    }
  }

  private func prepare(_ lease: String) {
    guard let (order, deadline, cuts, observer) = orders[lease], let run = course.run else { return }
    let worker = LeaseWorker(
      lease, order, run: run, deadline: deadline, cutsControlPath: cuts, in: folder, observedBy: observer
    ) { [mailbox] report in
      switch report {
      case .injection(let report): mailbox.post(.worker(lease: lease, report))
      case .reverted(let result): mailbox.post(.reverted(lease: lease, result))
      }
    }
    workers[lease] = worker
    worker.arm()
  }

  /// The observer for this kind of fault. It is started with the first such fault.
  private func observer(of order: FaultOrder) throws -> EffectObserver {
    let asksDaemon = order.fault.isByDaemon
    if let observer = observers[asksDaemon] { return observer }
    let observer = try EffectObserver(
      folder: folder, report: { [mailbox] in mailbox.post(.ended(lease: $0, $1)) },
      warn: { [outbox] in outbox.send(.notice(.warning($0))) })
    observers[asksDaemon] = observer
    return observer
  }

  private func release(_ lease: String) {
    // The watchdog has no lease to guard any more. If the signal arrives late, the watchdog finds the lease reverted
    // and ends.
    if let watchdog = workers[lease]?.watchdog {
      _ = try? watchdog.signal(SIGKILL)
      // Its end must not be reported for a later lease with this name.
      watchdogs[watchdog.pid]?.lease = nil
    }
    workers[lease] = nil
    orders[lease] = nil
  }

  // MARK: Watchdogs

  private func followWatchdog(of lease: String) {
    guard let process = workers[lease]?.watchdog else { return }
    do {
      let handle = DescriptorBox(try Descriptor(process: process.pid))
      try watch(handle.descriptor.number, .watchdog, data: process.pid)
      watchdogs[process.pid] = (lease, handle)
    } catch {
      // The watchdog has ended already.
      mailbox.post(.watchdogEnded(lease: lease))
    }
  }

  func watchdogEnded(_ pid: Int32) {
    guard let (lease, process) = watchdogs.removeValue(forKey: pid) else { return }
    _ = clinux_epoll_ctl(epoll.number, 2, process.descriptor.number, 0, 0)
    ChildProcess.reapDetached()
    if let lease { handle(.watchdogEnded(lease: lease)) }
  }
}
