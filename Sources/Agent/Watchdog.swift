import Leases
import AgentProtocol
import Faults
import Glibc
import Journal
import Linux
import Scenario

/// The second process of a lease. It reverts the fault if the agent dies or misses the deadline.
package enum Watchdog {
  /// Guards a lease until it is reverted; then returns the process's exit code. Prints `armed PID` when it has started
  /// to watch.
  package static func run(folder: LeaseFolder, lease name: String, agent: ProcessIdentity) -> Int32 {
    for number in [SIGHUP, SIGINT, SIGPIPE] { signal(number, SIG_IGN) }
    do {
      let lease = try folder.read(name)
      let instruments = Instruments()
      let timer = try Descriptor(timerOn: .boottime, at: WatchdogCourse.begins(lease.terms).count)
      try Descriptor(owning: dup(1)).write(Array("armed \(getpid())\n".utf8), to: "stdout")
      try wait(forEndOf: agent, or: timer)
      return revert(lease, in: folder, using: instruments)
    } catch {
      printToStandardError("murphy-agent: watchdog of \(name): \(error)")
      return 1
    }
  }

  private static func wait(forEndOf agent: ProcessIdentity, or timer: borrowing Descriptor)
    throws(SystemError)
  {
    do throws(SystemError) {
      let handle = try Descriptor(process: agent.pid)
      // The id may have passed to another process before the handle was opened.
      guard try agent.state() != nil else { return }
      var watched = [timer.number, handle.number].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      try checked("poll", "watchdog") { poll(&watched, 2, -1) }
    } catch {
      if error.errno != ESRCH { throw error }
    }
  }

  /// Follows `WatchdogCourse` to its end.
  private static func revert(_ lease: Lease, in folder: LeaseFolder, using instruments: Instruments) -> Int32
  {
    var course = WatchdogCourse(of: lease.terms)
    var act = WatchdogCourse.Act.observe
    while true {
      switch act {
      case .observe:
        let observation = folder.observeLast(at: lease, using: instruments)
        act = course.handle(.observed(observation, try? folder.status(of: lease)))
      case .undo:
        attempt(lease) { try folder.undo(lease, using: instruments).isEmpty }
        act = course.handle(.undone)
      case .pause(let span):
        usleep(UInt32(span.count / 1000))
        act = course.handle(.paused)
      case .revert(let observation):
        act = course.handle(
          .reverted(
            attempt(lease) {
              try folder.revert(lease, cause: .watchdog, after: observation, using: instruments).residue
                .isEmpty
            }))
      case .end: return 0
      }
    }
  }

  @discardableResult
  private static func attempt(_ lease: Lease, _ act: () throws -> Bool) -> Bool {
    do {
      return try act()
    } catch {
      printToStandardError("murphy-agent: watchdog of \(lease.name): \(error)")
      return false
    }
  }
}

extension Watchdog {
  /// Starts the watchdog of a lease, and waits until it watches.
  ///
  /// With systemd, the watchdog is a transient unit, because the end of the ssh session's scope may kill every process
  /// that was started in it. See systemd-run(1) and KillUserProcesses in logind.conf(5).
  static func start(folder: LeaseFolder, lease: String) throws -> ProcessIdentity {
    let agent = try ProcessIdentity(pid: getpid())
    var arguments = [
      "/proc/self/exe", "watch", folder.path, lease, "\(agent.pid)", "\(agent.started)",
    ]
    // A unit runs in the machine's own network. If the controller works in another namespace, a watchdog in a unit
    // could not reach the BMC.
    if access("/run/systemd/system", F_OK) == 0, try isInNetworkOfInit() {
      arguments[0] = try programPath()
      arguments =
        ["systemd-run", "--quiet", "--collect", "--pipe", "--unit=murphy-watchdog-\(lease)"] + arguments
    }
    let child = try ChildProcess(arguments, output: .pipe)
    guard let bytes = try child.read(within: .seconds(5)) else {
      throw SystemError("start the watchdog", lease, errno: ETIMEDOUT)
    }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 2, words[0] == "armed", let pid = Int32(words[1]) else {
      throw SystemError("start the watchdog", lease, errno: ECHILD)
    }
    let watchdog = try ProcessIdentity(pid: pid)
    // The watchdog must outlive this process.
    child.detach()
    return watchdog
  }

  private static func isInNetworkOfInit() throws(SystemError) -> Bool {
    var namespaces = [stat(), stat()]
    for (index, process) in ["self", "1"].enumerated() {
      let path = "/proc/\(process)/ns/net"
      try checked("stat", path) { stat(path, &namespaces[index]) }
    }
    return namespaces[0].st_dev == namespaces[1].st_dev && namespaces[0].st_ino == namespaces[1].st_ino
  }
}
