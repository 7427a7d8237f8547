/// Why a firewall command failed.
package enum NftablesError: Error, Sendable, Hashable {
  /// libnftables could not be set up in this thread's network namespace.
  case unavailable
  /// libnftables or the kernel refused the command; no part of it was carried out. The message is libnftables' own,
  /// with the system's text for the errno.
  case refused(command: String, message: String)
  /// A name that nft(8) or the kernel would refuse or misread.
  case invalidName(String, reason: String)
  /// A timeout that is not positive, which nft would read as "never", or above 1000 days.
  case invalidTimeout(Duration)
  /// A listing contains what this library doesn't write: another program has changed the table.
  case unreadable(command: String, reason: String)

  /// True if the object doesn't exist.
  package var isNoSuchObject: Bool {
    if case .refused(_, let message) = self { message.contains("No such file or directory") } else { false }
  }

  /// True if the kernel aborted a listing because the listed objects changed; see NLM_F_DUMP_INTR in linux/netlink.h.
  var isInterruptedReading: Bool {
    guard case .refused(let command, let message) = self else { return false }
    return ["get ", "list "].contains { command.hasPrefix($0) } && message.contains("Interrupted system call")
  }
}

extension NftablesError: CustomStringConvertible {
  /// One line, or several if libnftables points at a place in the command.
  package var description: String {
    switch self {
    case .unavailable:
      "cannot set up libnftables: out of memory, or a kernel without nf_tables"
    case .refused(let command, let message):
      "nft refused '\(command)': \(message)"
        + (message.contains("Operation not permitted")
          ? "; run as root, or with CAP_NET_ADMIN in this network namespace" : "")
    case .invalidName(let name, let reason): "'\(name)' can't be a name: \(reason)"
    case .invalidTimeout(let timeout): "\(timeout) can't be a timeout: give 1 ms to 1000 days"
    case .unreadable(let command, let reason):
      "'nft \(command)' shows content that this library did not write: \(reason); "
        + "look at it with nft and delete the table"
    }
  }
}
