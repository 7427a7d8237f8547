import Linux
import Subprocess

/// The outer process tree of a lab: its namespaces with the two networks, and PID 1, with which all else ends.
enum Platform {
  /// Arguments: the lab's name. Prints who it is, then waits for the permission to live: a lab that its maker couldn't
  /// record, because it was killed in between, ends by itself. The controller and its probes run in this network
  /// namespace, with an address on each network that it reaches.
  ///
  /// The machine's /proc stays mounted, so that process ids here are the machine's.
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

  /// Shell: sets `identity` to the machine's id of PID 1 and its start time. The shell must be PID 1's child.
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

/// What a new PID 1 reports of itself.
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

/// Starts a process tree that outlives its maker.
///
/// `argv` has to leave the tree behind in a session of its own and end; the tree says who its PID 1 is in one
/// line, and lives on once `record` has returned. Should this process die before, or `record` throw, it ends.
func raise(
  _ argv: [String], log: String, doing what: String,
  record: @Sendable (Birth) async throws(LabError) -> Void
) async throws(LabError) -> Birth {
  do {
    let result = try await Subprocess.run(
      // The conversation lasts as long as the process that Subprocess knows, so a shell stays for it,
      // with nothing but the tree on the other end of stdout.
      .name("sh"),
      arguments: Arguments(["-c", "exec 2>> \"$0\"; \"$@\" && exec sleep 60 > /dev/null", log] + argv),
      environment: Command.environment, input: .inputWriter, output: .sequence, error: .discarded
    ) { execution -> Birth? in
      // Ended before it could start anything, or after it has: nothing is lost with it.
      defer { try? execution.send(signal: .kill) }
      for try await line in execution.standardOutput.strings() {
        guard let birth = Birth(line) else { break }
        try await record(birth)
        _ = try await execution.standardInputWriter.write("live\n")
        try await execution.standardInputWriter.finish()
        return birth
      }
      return nil
    }
    guard let birth = result.closureResult else {
      throw LabError.command(what, status: "did not start", output: tail(of: log))
    }
    return birth
  } catch let error as LabError {
    throw error
  } catch {
    throw .command(what, status: "did not start", output: "\(error); \(tail(of: log))")
  }
}
