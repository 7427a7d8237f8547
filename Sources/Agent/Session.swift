import CLinux
import Dispatch
import Faults
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// A conversation with one controller, from the first line on stdin to the end of the last lease.
///
/// One thread waits on one epoll, decides by the `LeaseTable`, and never blocks: what may take long has threads or
/// queues of its own and answers into the mailbox.
public final class Session {
  private enum Token: UInt64 {
    case input, mailbox, timer, watchdog
  }

  private enum Message: Sendable {
    case event(LeaseTable.Event)
    case injected(lease: String, Result<Effect, any Error>)
    case reverted(lease: String, Result<Revert, any Error>)
    case failed(lease: String, String)
  }

  private struct Asked {
    var arm: Int?
    var inject: Int?
    var revert: Int?
    var received: Int64 = 0
  }

  private let input: Int32
  private let folder: LeaseFolder
  private let lockPath: String
  private let policyPath: String
  private let historyPath: String
  private let version: String
  private let outbox: Outbox
  private let mailbox: Mailbox<Message>
  private let epoll: Descriptor
  private let timer: Descriptor
  private let instruments = Instruments()
  private var table = LeaseTable()
  private var workers: [String: LeaseWorker] = [:]
  private var orders: [String: (order: FaultOrder, deadline: Nanoseconds, cuts: Bool)] = [:]
  private var asked: [String: Asked] = [:]
  private var watchdogs: [Int32: (lease: String, handle: DescriptorBox)] = [:]
  private var buffer: [UInt8] = []
  private var run: String?
  private var domains: DomainWatch?
  private var lock: LockBox?

  /// A conversation over two descriptors.
  ///
  /// - Throws: `SystemError` where the kernel refuses a descriptor.
  public init(
    input: Int32 = 0, output: Int32 = 1, folder: LeaseFolder = .standard,
    lockPath: String = "/run/murphy-agent.lock",
    historyPath: String = "/run/murphy-agent.domains", policyPath: String = Policy.path, version: String
  ) throws(SystemError) {
    self.input = input
    self.folder = folder
    self.lockPath = lockPath
    self.policyPath = policyPath
    self.historyPath = historyPath
    self.version = version
    outbox = Outbox(output)
    mailbox = try Mailbox()
    epoll = Descriptor(owning: try checked("epoll_create1", "session") { clinux_epoll() })
    timer = try Descriptor(timerOn: .boottime, at: Int64.max / 2)
    try watch(input, .input)
    try watch(mailbox.descriptor, .mailbox)
    try watch(timer.number, .timer)
  }

  private func watch(_ descriptor: Int32, _ token: Token, data: Int32 = 0) throws(SystemError) {
    try checked("epoll_ctl", "session") {
      clinux_epoll_ctl(epoll.number, 1, descriptor, 1, UInt64(UInt32(bitPattern: data)) << 8 | token.rawValue)
    }
  }

  /// Serves until stdin has ended and no lease is held; the process's exit code.
  public func serve() -> Int32 {
    for number in [SIGHUP, SIGPIPE, SIGINT, SIGTERM, SIGUSR1] { signal(number, SIG_IGN) }
    let superseded = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: DispatchQueue(label: "signals"))
    superseded.setEventHandler { [mailbox] in mailbox.post(.event(.superseded)) }
    superseded.resume()
    defer { superseded.cancel() }
    var events = [UInt32](repeating: 0, count: 16)
    var data = [UInt64](repeating: 0, count: 16)
    while true {
      let count = clinux_epoll_wait(epoll.number, &events, &data, 16, -1)
      var actions: [LeaseTable.Action] = []
      for index in 0..<max(0, Int(count)) {
        switch Token(rawValue: data[index] & 0xff) {
        case .input: actions += readInput()
        case .mailbox: for message in mailbox.take() { actions += receive(message) }
        case .watchdog:
          actions += watchdogEnded(Int32(bitPattern: UInt32(truncatingIfNeeded: data[index] >> 8)))
        case .timer:
          var expirations: UInt64 = 0
          _ = read(timer.number, &expirations, 8)
        case nil: break
        }
      }
      actions += feed(.tick)
      if actions.contains(.exit) {
        outbox.flush()
        return 0
      }
      perform(actions)
      _ = clinux_timerfd_set(timer.number, table.nextDue?.count ?? Int64.max / 2)
    }
  }

  private func feed(_ event: LeaseTable.Event) -> [LeaseTable.Action] {
    table.handle(event, at: Nanoseconds(Clock.boottime.now))
  }

  // MARK: Input

  private func readInput() -> [LeaseTable.Action] {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(input, &bytes, bytes.count)
    let received = Clock.monotonic.now
    if count < 0, errno == EINTR || errno == EAGAIN { return [] }
    if count <= 0 { return endInput() }
    buffer += bytes[..<count]
    var actions: [LeaseTable.Action] = []
    while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
      let line = buffer[..<end]
      do {
        let request = try WireCoding.value(RequestLine.self, from: line)
        actions += answer(request, received: received)
      } catch {
        outbox.send(.notice(.warning("a line was not understood and nothing was done: \(error)")))
      }
      buffer.removeSubrange(...end)
    }
    if buffer.count > RequestLine.lengthLimit {
      outbox.send(
        .notice(.warning("a line is longer than \(RequestLine.lengthLimit) bytes: the session ends")))
      return actions + endInput()
    }
    return actions
  }

  private func endInput() -> [LeaseTable.Action] {
    _ = clinux_epoll_ctl(epoll.number, 2, input, 0, 0)
    buffer = []
    revertAdopted()
    return feed(.inputEnded)
  }

  /// Leases that an earlier session of this run left to this one end with it, if they don't cut the path.
  private func revertAdopted() {
    guard let run else { return }
    do {
      for name in try folder.names() where table.entries[name] == nil {
        let lease = try folder.read(name)
        if lease.run != run || lease.cutsControlPath { continue }
        _ = try folder.revert(lease, cause: .stdin, using: instruments)
      }
    } catch {
      printToStandardError("murphy-agent: \(error)")
    }
  }

  private func answer(_ line: RequestLine, received: Int64) -> [LeaseTable.Action] {
    let id = line.id
    do {
      if let run { try takeLock(for: run) }
      switch line.request {
      case .hello(let name): outbox.send(.reply(id: id, .welcome(try welcome(name))))
      case .clock: outbox.send(.reply(id: id, .clock(Nanoseconds(received))))
      case .check(let order, let duration): try check(id, order, duration)
      case .survey(let volume):
        answerAside(id, "survey") { instruments in
          .survey(
            fingerprint: Survey.fingerprint(volume: volume, using: instruments),
            running: (try? Survey.running(using: instruments)) ?? [])
        }
      case .state: answerAside(id, "state") { .state(try HostState.lines(using: $0)) }
      case .look(let look):
        answerAside(id, "look") { _ in
          .looked(try look.outputs())
        }
      case .watchDomains:
        guard let run else { throw AgentRefusal("say hello first: no run has this host") }
        if domains == nil {
          domains = try DomainWatch(run: run, history: historyPath) { [outbox] in outbox.send(.notice($0)) }
        }
        outbox.send(.reply(id: id, .done))
      case .leases:
        let standing = try standings().filter { $0.run == run }
        outbox.send(.reply(id: id, .leases(standing)))
      case .arm(let lease, let order, let begins, let duration):
        return try arm(id, lease, order, begins: begins, duration: duration)
      case .inject(let lease):
        asked[lease, default: Asked()].inject = id
        asked[lease]?.received = received
        return feed(.inject(lease: lease))
      case .revert(let lease):
        if table.entries[lease] == nil, Lease.isName(lease) { return revertFromDisk(id, lease) }
        asked[lease, default: Asked()].revert = id
        return feed(.revert(lease: lease))
      case .settle(let lease):
        guard Lease.isName(lease), try folder.standing(of: try folder.read(lease)).revert != nil else {
          throw AgentRefusal("lease \(lease) isn't known to be lifted: its record stays")
        }
        try folder.remove(lease)
        outbox.send(.reply(id: id, .done))
      }
    } catch {
      outbox.send(.refusal(id: id, "\(error)"))
    }
    return []
  }

  private func welcome(_ name: String) throws -> Welcome {
    _ = try Policy.read(policyPath)
    if let run, run != name { throw AgentRefusal("this session is run \(run)'s already") }
    run = name
    try takeLock(for: name)
    return Welcome(
      version: version,
      strangers: try standings().filter { $0.run != name && $0.revert == nil })
  }

  /// Takes the host for a run. An earlier session of the same run, behind a path that was cut, may have it still: it is
  /// told to hold its leases to their end and then to go, and this session has the lock when it has gone.
  private func takeLock(for name: String) throws {
    if lock != nil { return }
    if let taken = try FileLock(lockPath) {
      let own = try ProcessIdentity(pid: getpid())
      try taken.sign("\(name) \(own.pid) \(own.started)")
      lock = LockBox(taken)
      return
    }
    let words = String(decoding: try DurableFile.read(lockPath), as: UTF8.self).split(separator: " ")
    guard words.count == 3, words[0] == name, let pid = Int32(words[1]), let started = UInt64(words[2]) else {
      run = nil
      throw AgentRefusal(
        "run \(words.first ?? "of another controller") has this host; wait for it, or end it on its controller, then "
          + "try again")
    }
    _ = try ProcessIdentity(pid: pid, started: started).signal(SIGUSR1)
  }

  private func standings() throws -> [LeaseStanding] {
    try folder.names().map { try folder.standing(of: try folder.read($0)) }
  }

  /// Whether a fault would cut the connection by which this session was started.
  private func cuts(_ order: FaultOrder) throws -> Bool {
    guard let connection = getenv("SSH_CONNECTION") else { return false }
    let path = try ControlPath(sshConnection: String(cString: connection), using: try instruments.routes())
    return path.map { order.fault.cuts(controlPath: $0) } ?? false
  }

  private func check(_ id: Int, _ order: FaultOrder, _ duration: Nanoseconds) throws {
    let cuts = try cuts(order)
    let policyPath = policyPath
    answerAside(id, "check") { instruments in
      var missing = order.fault.missing(using: instruments)
      do {
        missing += try Policy.read(policyPath).refusals(of: order, duration: duration)
      } catch {
        missing.append("\(error)")
      }
      return .checked(cutsControlPath: cuts, missing: missing)
    }
  }

  /// Answers from a thread of its own, since libvirt or a tool may take long or hang.
  private func answerAside(
    _ id: Int, _ name: String, _ body: @escaping @Sendable (Instruments) throws -> Reply
  ) {
    let outbox = outbox
    do {
      try startThread(named: name) {
        do {
          outbox.send(.reply(id: id, try body(Instruments())))
        } catch {
          outbox.send(.refusal(id: id, "\(error)"))
        }
      }
    } catch {
      outbox.send(.refusal(id: id, "\(error)"))
    }
  }

  // MARK: Leases

  private func arm(
    _ id: Int, _ lease: String, _ order: FaultOrder, begins: Nanoseconds, duration: Nanoseconds
  ) throws -> [LeaseTable.Action] {
    guard run != nil else { throw AgentRefusal("say hello first: no run has this host") }
    guard Lease.isName(lease) else {
      throw AgentRefusal("'\(lease)' can't be a lease's name: 1 to 32 of a-z, 0-9 and _")
    }
    // The lease covers the time until the fault is asked for as well; the policy speaks of the fault alone.
    let refusals = try Policy.read(policyPath).refusals(of: order, duration: duration)
    if !refusals.isEmpty { throw AgentRefusal(refusals.joined(separator: "; ")) }
    guard begins >= .zero, duration > .zero, begins <= .seconds(3600) else {
      throw AgentRefusal("a fault begins within the hour and holds for more than no time")
    }
    let deadline = Nanoseconds(Clock.boottime.now) + begins + duration
    let cuts = try cuts(order)
    asked[lease, default: Asked()].arm = id
    if table.entries[lease] == nil { orders[lease] = (order, deadline, cuts) }
    return feed(.arm(lease: lease, deadline: deadline, cutsControlPath: cuts))
  }

  /// Reverts a lease that another session of this run took: by its record.
  private func revertFromDisk(_ id: Int, _ name: String) -> [LeaseTable.Action] {
    let folder = folder
    answerAside(id, "revert") { instruments in
      let revert = try folder.revert(try folder.read(name), cause: .controller, using: instruments)
      if !revert.residue.isEmpty { throw ResidueLeft(lines: revert.residue) }
      return .reverted(revert)
    }
    return []
  }

  private func perform(_ actions: [LeaseTable.Action]) {
    for action in actions {
      switch action {
      case .prepare(let lease): prepare(lease)
      case .inject(let lease):
        let received = asked[lease]?.received ?? Clock.monotonic.now
        workers[lease]?.inject(received: received) { [mailbox] in mailbox.post(.injected(lease: lease, $0)) }
      case .revert(let lease, let cause):
        workers[lease]?.revert(cause) { [mailbox] in mailbox.post(.reverted(lease: lease, $0)) }
      case .refuse(let lease, let reason):
        let waiting = asked[lease]
        if let id = waiting?.inject ?? waiting?.revert ?? waiting?.arm {
          outbox.send(.refusal(id: id, "lease \(lease): \(reason)"))
        }
        asked[lease]?.inject = nil
      case .exit: break
      }
    }
  }

  private func prepare(_ lease: String) {
    guard let (order, deadline, cuts) = orders[lease], let run else { return }
    let worker = LeaseWorker(lease, folder: folder)
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

  private func receive(_ message: Message) -> [LeaseTable.Action] {
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
    case .reverted(let lease, let result):
      switch result {
      case .success(let revert):
        if let id = asked[lease]?.revert {
          outbox.send(.reply(id: id, .reverted(revert)))
        } else {
          outbox.send(.notice(.reverted(lease: lease, revert)))
        }
        let actions = feed(.reverted(lease: lease, ok: true))
        release(lease)
        return actions
      case .failure(let error):
        outbox.send(.notice(.stuck(lease: lease, "\(error)")))
        return feed(.reverted(lease: lease, ok: false))
      }
    }
  }

  private func release(_ lease: String) {
    // It has nothing left to guard; where it is slow to end, it finds the lease lifted and ends by itself.
    _ = try? workers[lease]?.watchdog?.signal(SIGTERM)
    workers[lease] = nil
    orders[lease] = nil
    asked[lease] = nil
  }

  // MARK: Watchdogs

  private func followWatchdog(of lease: String) {
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

  private func watchdogEnded(_ pid: Int32) -> [LeaseTable.Action] {
    guard let (lease, handle) = watchdogs.removeValue(forKey: pid) else { return [] }
    _ = clinux_epoll_ctl(epoll.number, 2, handle.descriptor.number, 0, 0)
    // A transient unit's process isn't this one's child: then there is nothing to reap.
    var status: Int32 = 0
    waitpid(pid, &status, WNOHANG)
    return feed(.watchdogEnded(lease: lease))
  }

  /// Lets a dictionary hold what can't be copied.
  private final class DescriptorBox {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  private final class LockBox {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }
}

/// A request that an agent refuses.
struct AgentRefusal: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

extension Look {
  /// The tools that are asked, in the order of their outputs. Only such as need no lock of the whole cluster: one that
  /// does fails while a peer is gone, and gets in the way of others.
  var commands: [[String]] {
    switch self {
    case .gluster(let volume):
      [
        ["gluster", "--mode=script", "--xml", "pool", "list"],
        ["gluster", "--mode=script", "--xml", "volume", "heal", volume, "info", "summary"],
      ]
    case .pacemaker: [["crm_mon", "--output-as=xml"]]
    }
  }

  /// What they say; of one that says nothing in time, nothing. A tool that hangs is what a view must show.
  func outputs() throws(SystemError) -> [String] {
    var outputs: [String] = []
    for command in commands {
      do throws(SystemError) {
        outputs.append(try HostCommand.output(of: command, patience: .seconds(8)))
      } catch {
        if error.errno != ETIMEDOUT { throw error }
        outputs.append("")
      }
    }
    return outputs
  }
}
