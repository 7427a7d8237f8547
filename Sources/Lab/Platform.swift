import Glibc
import Linux

/// The outer process tree of a lab: its namespaces with the networks, and PID 1. Every other process ends with PID 1.
enum Platform {
  /// Argument: the lab's name. Prints its identity, then waits for permission to continue: a lab that its creator
  /// couldn't record, because the creator was killed, ends by itself. The controller and its probes run in this
  /// network namespace, with an address on each network that it reaches.
  ///
  /// The machine's /proc stays mounted, so pids here are the machine's.
  static func script(for lab: Lab) -> String {
    let networks = lab.spec.networks.map { network in
      """
      ip link add \(network.name) type bridge stp_state 0 forward_delay 0
      ip link set \(network.name) up
      \(network.hasController ? "ip address add \(network.controllerAddress)/24 dev \(network.name)" : "")
      """
    }
    return """
      set -eu
      hostname "lab-$1"
      [ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
      ip link set lo up
      \(networks.joined(separator: "\n"))
      \(identify)
      echo "$identity" > \(lab.platformInit)
      echo "$identity $(stat -L -c %i /proc/self/ns/net)"
      read -r leave
      [ "$leave" = live ]
      exec sleep infinity
      """
  }

  /// Shell: sets `identity` to the pid of PID 1, as the machine numbers it, and its start time. The shell must be PID
  /// 1's child.
  static let identify = """
    read -r _ _ _ init _ < /proc/self/stat
    set -- $(cat "/proc/$init/stat")
    identity="$init ${22}"
    """

  /// The namespaces of the tree; `--kill-child` ends PID 1 with its parent.
  static let unshare = [
    "unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--uts", "--ipc",
    "--kill-child=SIGKILL",
  ]
}

/// The identity that a new PID 1 reports.
struct Birth: Equatable, Sendable {
  let identity: ProcessIdentity
  let networkNamespace: UInt64

  init?(_ line: String) {
    let words = line.split(separator: " ")
    guard words.count == 3, let pid = Int32(words[0]), let start = UInt64(words[1]),
      let inode = UInt64(words[2])
    else { return nil }
    identity = ProcessIdentity(pid: pid, started: start)
    networkNamespace = inode
  }
}

/// Starts a process tree that outlives this process.
///
/// `argv` must start the tree in a new session and end. The tree reports its PID 1 in one line, and continues only
/// after `record` has returned. If this process ends before that, or `record` throws, the tree ends.
func raise(
  _ argv: [String], log: String, doing what: String,
  record: @Sendable (Birth) async throws(LabError) -> Void
) async throws(LabError) -> Birth {
  let child: ChildProcess
  let line: String
  do throws(SystemError) {
    let file = try Descriptor(open: log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    child = try ChildProcess(
      argv, environment: Command.environment, input: .pipe, output: .pipe, errors: .descriptor(file.number))
    line = try await child.nextLine()
  } catch {
    throw .command(what, status: "did not start", output: "\(error); \(tail(of: log))")
  }
  guard let birth = Birth(line) else {
    throw .command(what, status: "did not start", output: tail(of: log))
  }
  try await record(birth)
  do throws(SystemError) {
    try child.write(Array("live\n".utf8))
  } catch {
    throw .command(what, status: "ended at once", output: "\(error); \(tail(of: log))")
  }
  return birth
}
