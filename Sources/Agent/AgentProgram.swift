import AgentProtocol
import Faults
import FoundationEssentials
import Glibc
import Journal
import Linux
import Scenario

/// The commands of `murphy-agent`.
package enum AgentProgram {
  private static let usage = """
    murphy-agent: injects and reverts faults on this host, on behalf of a murphy that starts it over ssh.

      murphy-agent            serves one controller over stdin and stdout, in JSON lines
      murphy-agent recover    reverts every fault that still has a lease on this host's disk
      murphy-agent hold       blocks all runs on this host until it is released; reads {"by": WHO, "reason": WHY} on stdin
      murphy-agent release    ends the hold: runs may use this host again
      murphy-agent --version  prints the version

      --connection WORDS      the value of SSH_CONNECTION, which sudo removes from the environment
      --leases FOLDER         after recover: only the leases in this folder
      --json                  after recover, hold or release: reports in JSON lines, for a controller

    Exit codes: 0 done; 2 wrong arguments; 3 refused; 5 a fault may still be active, and the output names it.

    It needs root, and \(Policy.path), which lists what this host allows.

    """

  /// Runs, and returns the exit code: 0 done, 2 wrong arguments, 3 refused, 5 a fault may still be active.
  package static func run(_ arguments: [String]) -> Int32 {
    StandardDescriptors.open()
    // Only root may read the files that are written here, regardless of the inherited umask.
    umask(0o077)
    let rest = arguments.dropFirst()
    switch arguments.first {
    case nil: return serve(connection: getenv("SSH_CONNECTION").map { String(cString: $0) })
    case "--connection" where rest.count == 1: return serve(connection: rest[1])
    case "--version" where rest.isEmpty: return printed(Greeting.current.version + "\n")
    case "controller" where rest.count == 2:
      return serve(atController: Fleet.Controller(policy: arguments[2], leases: arguments[1]))
    case "recover" where rest.isEmpty || rest == ["--json"]:
      return call(rest) { output in
        // A machine that is also a controller has a second folder of leases.
        max(recover(output), recover(output, atController: Fleet.Controller.standard.leases))
      }
    case "recover"
    where rest.first == "--leases" && (rest.count == 2 || rest.last == "--json" && rest.count == 3):
      return call(rest.dropFirst(2)) { recover($0, atController: arguments[2]) }
    case "hold" where rest.isEmpty || rest == ["--json"]: return call(rest) { hold($0) }
    case "release" where rest.isEmpty || rest == ["--json"]: return call(rest) { release($0) }
    case "watch":
      guard arguments.count == 5, let pid = Int32(arguments[3]), let started = UInt64(arguments[4]),
        Lease.isName(arguments[2])
      else { return refuseUsage(arguments) }
      return Watchdog.run(
        folder: LeaseFolder(path: arguments[1]), lease: arguments[2],
        agent: ProcessIdentity(pid: pid, started: started))
    case "records" where rest.count == 2: return RecordsFile.print(arguments[1], of: arguments[2])
    // The process of a lease. The argument is its mark, by which others find it.
    case "perform" where rest.count == 1: return LeaseProcess.run(using: .ofAgent())
    case "--help" where rest.isEmpty, "-h" where rest.isEmpty: return printed(help(for: STDOUT_FILENO))
    case "recover" where isHelp(rest), "hold" where isHelp(rest), "release" where isHelp(rest):
      return printed(help(for: STDOUT_FILENO))
    default: return refuseUsage(arguments)
    }
  }

  /// Serves the murphy that started it on this machine, for faults that no host can revert by itself. The controller
  /// has its own leases and policy, since the machine may be a host of the fleet as well.
  private static func serve(atController place: Fleet.Controller) -> Int32 {
    serve {
      guard getuid() == 0 else {
        throw Refusal.failed(
          reason: "not root: run murphy as root, because the controller injects faults of this scenario")
      }
      try DurableFile.makeFolder(place.leases)
      return try Session(
        folder: LeaseFolder(path: place.leases), lockPath: "\(place.leases).lock",
        historyPath: "\(place.leases).domains", policyPath: place.policy)
    }
  }

  private static func isHelp(_ rest: ArraySlice<String>) -> Bool { rest == ["--help"] || rest == ["-h"] }

  private static func help(for descriptor: Int32) -> String {
    TerminalText.wrappedHelp(usage, to: TerminalText.columns(of: descriptor))
  }

  /// Prints a text, and returns the exit code.
  private static func printed(_ text: String) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    print(text, terminator: "")
    guard let failure = StandardOutput.failure() else { return 0 }
    printToStandardError("murphy-agent: \(failure)")
    return 2
  }

  private static func refuseUsage(_ arguments: [String]) -> Int32 {
    printToStandardError(
      "murphy-agent: unknown arguments: \(arguments.joined(separator: " "))\n\n\(help(for: STDERR_FILENO))")
    return 2
  }

  private static func serve(connection: String?) -> Int32 {
    serve {
      guard getuid() == 0 else {
        throw Refusal.failed(
          reason: "not root: in the fleet, write ssh: root@HOST, or become: sudo for this host")
      }
      // If this were treated as 'no connection', a fault could cut the control path without a warning.
      if let connection, connection.contains("$") {
        throw Refusal.failed(
          reason:
            "the login shell did not expand \(connection), which shows the control path: give the "
            + "user of ssh a login shell that expands it, such as sh, bash, csh or fish")
      }
      return try Session(connection: connection)
    }
  }

  private static func serve(_ session: () throws -> Session) -> Int32 {
    do {
      let session = try session()
      // epoll(7) can't wait for a file, nor for /dev/null.
      var input = stat()
      if fstat(STDIN_FILENO, &input) == 0, isatty(STDIN_FILENO) == 0,
        [S_IFREG, S_IFCHR].contains(input.st_mode & S_IFMT)
      {
        throw Refusal.failed(
          reason: "stdin is a file: a controller starts this over ssh; by hand, give it a pipe")
      }
      return session.serve()
    } catch {
      printToStandardError("murphy-agent: \(error)")
      let outbox = Outbox(1)
      outbox.send(.greeting)
      outbox.send(.notice(.refused("\(error)")))
      outbox.flush()
      return 3
    }
  }

  private static func call(_ rest: ArraySlice<String>, _ body: (CallOutput) -> Int32) -> Int32 {
    let output = CallOutput(isForController: !rest.isEmpty)
    defer { output.end() }
    return body(output)
  }

  /// Holds the host. Active faults continue until their ends, and no further lease is armed.
  private static func hold(_ output: CallOutput, _ file: HoldFile = .standard) -> Int32 {
    guard getuid() == 0 else {
      output.refuse("not root: this host isn't held; run it as root")
      return 3
    }
    do {
      let line = isatty(0) == 1 ? [] : try readLine()
      let order =
        line.isEmpty
        ? Hold.Order(by: "root on the host itself", reason: "")
        : try WireCoding.value(Hold.Order.self, from: line)
      let former = file.refusal() != nil
      try file.set(Hold(order))
      output.report(former ? "held, in place of an earlier hold" : "held")
      return 0
    } catch let error as DecodingError {
      output.refuse(
        "hold: stdin isn't {\"by\": WHO, \"reason\": WHY}, and nothing was done: \(WireCoding.reason(of: error))"
      )
      return 2
    } catch {
      output.refuse("this host isn't held: \(error)")
      return 3
    }
  }

  private static func release(_ output: CallOutput, _ file: HoldFile = .standard) -> Int32 {
    guard getuid() == 0 else {
      output.refuse("not root: nothing was released; run it as root")
      return 3
    }
    do {
      let former = file.isSet ? (try? file.read())?.description ?? "held" : nil
      try file.release()
      output.report(former.map { "released (was \($0))" } ?? "released (was not held)")
      return 0
    } catch {
      output.refuse("this host isn't released: \(error)")
      return 3
    }
  }

  /// The first line of stdin, without its end.
  private static func readLine() throws -> ArraySlice<UInt8> {
    let input = Descriptor(owning: try checked("dup", "stdin") { dup(0) })
    var bytes: [UInt8] = []
    while bytes.count <= 1 << 16 {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return bytes[..<end] }
      let part = try input.read(upTo: 4096, from: "stdin")
      if part.isEmpty { return bytes[...] }
      bytes += part
    }
    throw SystemError("read", "stdin", errno: EFBIG)
  }

  private static func recover(_ output: CallOutput, atController leases: String) -> Int32 {
    if access(leases, F_OK) != 0 { return 0 }
    return recover(output, folder: LeaseFolder(path: leases), lockPath: "\(leases).lock")
  }

  /// Reverts all leases, one by one; a failure doesn't prevent the others. Then resumes orphaned domains.
  private static func recover(
    _ output: CallOutput, folder: LeaseFolder = .standard, lockPath: String = Session.standardLockPath
  ) -> Int32 {
    guard getuid() == 0 else {
      output.refuse("not root: nothing was examined; run it as root")
      return 3
    }
    var isClean = true
    do {
      // A session that holds the lock may be writing a lease, so incomplete records are left to it.
      if let lock = try FileLock(lockPath) {
        try withExtendedLifetime(lock) { _ in try folder.dropUnfinished() }
      }
      for name in try folder.names() {
        do {
          let lease = try folder.read(name)
          let revert = try folder.revert(lease, cause: .recover, using: .init())
          if revert.residue.isEmpty {
            try folder.remove(name)
            output.report(
              .reverted(
                fault: lease.order.name, object: lease.order.fault.object, run: lease.run, cause: revert.cause
              ))
          } else {
            isClean = false
            output.report(
              .residue(
                fault: lease.order.name, object: lease.order.fault.object, lines: revert.residue))
          }
        } catch {
          isClean = false
          output.report(.failed(reason: "\(error)"))
        }
      }
      // The controller has no domains.
      if folder.path == LeaseFolder.standard.path {
        for recovery in try folder.recoverOrphanedDomains() { output.report(recovery) }
      }
    } catch {
      output.report(.failed(reason: "\(error)"))
      return 5
    }
    return isClean ? 0 : 5
  }
}
