import Faults
import Glibc
import Journal
import Linux
import Scenario

/// `murphy-agent`: what its arguments ask for.
public enum AgentProgram {
  /// The version that the agent and the controller were built as.
  public static let version = "0.1.0"

  private static let usage = """
    murphy-agent: takes faults' leases on this host, for a murphy that started it over ssh.

      murphy-agent            serves one controller over stdin and stdout, a JSON line each
      murphy-agent recover    lifts every fault that still has a lease on this host's disk
      murphy-agent --version  prints the version

    It needs root, and \(Policy.path), which says what this host allows.

    """

  /// Runs, and returns the exit code: 0 done, 2 bad arguments, 3 refused, 5 something is left behind.
  public static func run(_ arguments: [String]) -> Int32 {
    switch arguments.first {
    case nil: return serve()
    case "--version":
      print(version)
      return 0
    case "recover": return recover()
    case "watch":
      guard arguments.count == 5, let pid = Int32(arguments[3]), let started = UInt64(arguments[4]),
        Lease.isName(arguments[2])
      else { return refuseUsage() }
      return Watchdog.run(
        folder: LeaseFolder(path: arguments[1]), lease: arguments[2],
        agent: ProcessIdentity(pid: pid, started: started))
    case "--help", "-h":
      print(usage, terminator: "")
      return 0
    default: return refuseUsage()
    }
  }

  private static func refuseUsage() -> Int32 {
    printToStandardError(usage)
    return 2
  }

  private static func serve() -> Int32 {
    guard getuid() == 0 else {
      printToStandardError("murphy-agent: not root: let the fleet's ssh destination be root@HOST")
      return 3
    }
    do {
      return try Session(version: version).serve()
    } catch {
      printToStandardError("murphy-agent: \(error)")
      return 3
    }
  }

  /// Lifts what is left, lease by lease; one that fails keeps none of the others.
  private static func recover(folder: LeaseFolder = .standard) -> Int32 {
    guard getuid() == 0 else {
      printToStandardError("murphy-agent: not root: nothing was looked at; run it as root")
      return 3
    }
    var isClean = true
    do {
      // Where a session has the host it may be at writing one; the next session sees to what is left.
      if let lock = try FileLock(Session.standardLockPath) {
        try withExtendedLifetime(lock) { _ in try folder.dropUnfinished() }
      }
      for name in try folder.names() {
        do {
          let lease = try folder.read(name)
          let revert = try folder.revert(lease, cause: .recover, using: .init())
          if revert.residue.isEmpty {
            try folder.remove(name)
            print(
              "lifted \(lease.order.name) \(lease.order.fault.object) (run \(lease.run), by \(revert.cause.rawValue))"
            )
          } else {
            isClean = false
            print(
              "still differs: \(lease.order.name) \(lease.order.fault.object): \(revert.residue.joined(separator: "; "))"
            )
          }
        } catch {
          isClean = false
          print("\(error)")
        }
      }
    } catch {
      print("\(error)")
      return 5
    }
    return isClean ? 0 : 5
  }
}
