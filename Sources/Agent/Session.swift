import Leases
import AgentProtocol
import CLinux
import Faults
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// A conversation with one controller, from the first line on stdin to the end of the last lease.
///
/// One thread waits on one epoll instance, and performs what `SessionCourse` returns. It reads and writes files and asks
/// the kernel, but never waits for a daemon: injections, reverts and tools run on other threads or queues, which report
/// to the mailbox.
package final class Session {
  enum Token: UInt64 {
    case input, mailbox, timer, watchdog, superseded
  }

  let input: Int32
  let folder: LeaseFolder
  let lockPath: String
  let policyPath: String
  let hold: HoldFile
  let historyPath: String
  /// The value of SSH_CONNECTION for the ssh connection that started this agent; nil without ssh.
  let connection: String?
  let outbox: Outbox
  let mailbox: Mailbox<SessionCourse.Event>
  let epoll: Descriptor
  let timer: Descriptor
  /// Readable after a newer session of the run has signalled that it takes over.
  let supersession: Descriptor
  let instruments = Instruments()
  var course = SessionCourse()
  var hasEnded = false
  var workers: [String: LeaseWorker] = [:]
  /// One observer for faults that need a daemon, which may hang, and one for faults that need only the kernel.
  var observers: [Bool: EffectObserver] = [:]
  var orders: [String: (order: FaultOrder, deadline: Nanoseconds, cuts: Bool, observer: EffectObserver)] = [:]
  /// By process id. The lease is nil if it was released.
  var watchdogs: [Int32: (lease: String?, handle: DescriptorBox)] = [:]
  var lines = LineBuffer(limit: RequestLine.lengthLimit)
  /// The maximum number of requests that are answered on other threads.
  static let mostAside: Int32 = 64
  let asides = Asides()
  var domains: DomainWatch?
  var lock: LockBox?

  /// The lock of the session that holds the host. The file has the run's name and the session's process.
  static let standardLockPath = "/run/murphy-agent.lock"

  /// Starts a conversation over two descriptors.
  ///
  /// - Throws: `SystemError` if the kernel refuses a descriptor.
  package init(
    input: Int32 = 0, output: Int32 = 1, folder: LeaseFolder = .standard,
    lockPath: String? = nil,
    historyPath: String = "/run/murphy-agent.domains", policyPath: String = Policy.path,
    hold: HoldFile = .standard, connection: String? = nil
  ) throws(SystemError) {
    self.input = input
    self.folder = folder
    self.lockPath = lockPath ?? Self.standardLockPath
    self.policyPath = policyPath
    self.hold = hold
    self.historyPath = historyPath
    self.connection = connection
    outbox = Outbox(output)
    mailbox = try Mailbox()
    epoll = Descriptor(owning: try checked("epoll_create1", "session") { clinux_epoll() })
    timer = try Descriptor(timerOn: .boottime, at: Int64.max / 2)
    supersession = Descriptor(owning: try checked("eventfd", "session") { clinux_eventfd() })
    try watch(input, .input)
    try watch(supersession.number, .superseded)
    try watch(mailbox.descriptor, .mailbox)
    try watch(timer.number, .timer)
  }

  func watch(_ descriptor: Int32, _ token: Token, data: Int32 = 0) throws(SystemError) {
    try checked("epoll_ctl", "session") {
      clinux_epoll_ctl(epoll.number, 1, descriptor, 1, UInt64(UInt32(bitPattern: data)) << 8 | token.rawValue)
    }
  }

  /// Serves until stdin has ended and no lease is left. Returns the process's exit code.
  package func serve() -> Int32 {
    for number in [SIGHUP, SIGPIPE, SIGINT, SIGTERM] { signal(number, SIG_IGN) }
    _ = clinux_signal_to_eventfd(SIGUSR1, supersession.number)
    defer { signal(SIGUSR1, SIG_IGN) }
    outbox.send(.greeting)
    var events = [UInt32](repeating: 0, count: 16)
    var data = [UInt64](repeating: 0, count: 16)
    while true {
      let count = clinux_epoll_wait(epoll.number, &events, &data, 16, -1)
      for index in 0..<max(0, Int(count)) {
        switch Token(rawValue: data[index] & 0xff) {
        case .input: readInput()
        case .mailbox: for event in mailbox.take() { handle(event) }
        case .watchdog:
          watchdogEnded(Int32(bitPattern: UInt32(truncatingIfNeeded: data[index] >> 8)))
        case .superseded: noteSupersession()
        case .timer:
          var expirations: UInt64 = 0
          _ = read(timer.number, &expirations, 8)
        case nil: break
        }
      }
      handle(.tick)
      if hasEnded {
        outbox.flush()
        return 0
      }
      _ = clinux_timerfd_set(timer.number, course.nextDue?.count ?? Int64.max / 2)
    }
  }

  /// Handles the signal of a newer session, if there is one.
  ///
  /// Also called before a lease is armed. An agent that was stopped may find a request to arm and the signal at the
  /// same time, and the newer session's list of records doesn't have that lease.
  ///
  /// The newer session signals again with each of its requests. It may have reverted a lease of this session meanwhile,
  /// whose record can be deleted only after this session has ended.
  func noteSupersession() {
    var count: UInt64 = 0
    guard read(supersession.number, &count, 8) == 8 else { return }
    handle(.superseded)
    for name in course.table.entries.keys.sorted() where hasLoggedRevert(name) {
      handle(.revertLogged(lease: name))
    }
  }

  /// Whether a lease's record has its revert. A record that can't be read stays this session's until its deadline.
  private func hasLoggedRevert(_ name: String) -> Bool {
    guard let lease = try? folder.read(name) else { return false }
    return folder.isKnownToBeOver(lease)
  }

  // MARK: Input

  private func readInput() {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(input, &bytes, bytes.count)
    let received = Clock.monotonic.now
    if count < 0, errno == EINTR || errno == EAGAIN { return }
    if count <= 0 { return endInput() }
    do {
      try lines.add(bytes[..<count]) { line in
        do {
          let request = try WireCoding.value(RequestLine.self, from: line)
          answer(request, received: received)
        } catch {
          refuse(line, error)
        }
      }
    } catch {
      outbox.send(.notice(.warning("\(error): the session ends")))
      endInput()
    }
  }

  /// Refuses a line that this version can't decode. The refusal has the line's id, so that the controller doesn't wait
  /// for a reply.
  private func refuse(_ line: ArraySlice<UInt8>, _ error: any Error) {
    let reason = WireCoding.reason(of: error)
    if let id = try? WireCoding.value(Numbered.self, from: line).id {
      outbox.send(.refusal(id: id, .unreadable(agent: .current, reason: reason)))
    } else {
      outbox.send(.notice(.warning("a line was not understood and nothing was done: \(reason)")))
    }
  }

  private struct Numbered: Decodable { var id: Int }

  private func endInput() {
    _ = clinux_epoll_ctl(epoll.number, 2, input, 0, 0)
    handle(.inputEnded)
  }

  /// Reverts the leases that an earlier session of this run left active, unless they cut the control path.
  func revertAdopted() {
    var adopted: [Lease] = []
    do {
      // A lease that can't be read or reverted must not prevent the revert of the others.
      for name in try folder.names() {
        do {
          let lease = try folder.read(name)
          if course.adopts(name, of: lease.run, cutsControlPath: lease.cutsControlPath) {
            adopted.append(lease)
          }
        } catch {
          printToStandardError("murphy-agent: \(error)")
        }
      }
    } catch {
      printToStandardError("murphy-agent: \(error)")
    }
    // A daemon may hang, so its faults come last.
    let order = adopted.filter { !$0.terms.isByDaemon } + adopted.filter { $0.terms.isByDaemon }
    let folder = folder
    let mailbox = mailbox
    do {
      try startThread(named: "adopted") {
        let instruments = Instruments()
        for lease in order {
          do {
            _ = try folder.revert(lease, cause: .stdin, using: instruments)
          } catch {
            printToStandardError("murphy-agent: \(error)")
          }
        }
        mailbox.post(.adoptedReverted)
      }
    } catch {
      printToStandardError("murphy-agent: \(error)")
      mailbox.post(.adoptedReverted)
    }
  }

  /// A dictionary can't store a noncopyable value, but it can store this object.
  final class DescriptorBox {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  final class LockBox {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }
}
