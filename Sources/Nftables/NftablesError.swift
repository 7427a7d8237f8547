/// Why a firewall command was not carried out.
package enum NftablesError: Error, Sendable, Hashable {
  /// libnftables could not be set up in this thread's network namespace.
  case unavailable
  /// libnftables or the kernel refused; nothing of the command was carried out. The message is
  /// libnftables' own, with the system's text for the errno in it.
  case refused(command: String, message: String)
  /// A name that nft(8) or the kernel would not take, or would read as something else.
  case invalidName(String, reason: String)
  /// A timeout that is not positive, which nft would take for "never", or beyond 1000 days.
  case invalidTimeout(Duration)
  /// A listing holds what is none of this library's: somebody else has changed the table.
  case unreadable(command: String, reason: String)

  /// True where the object that was meant doesn't exist.
  package var isNoSuchObject: Bool {
    if case .refused(_, let message) = self { message.contains("No such file or directory") } else { false }
  }

  /// True where the kernel gave up listing, since what it listed changed meanwhile; see NLM_F_DUMP_INTR in
  /// linux/netlink.h.
  var isInterruptedReading: Bool {
    guard case .refused(let command, let message) = self else { return false }
    return ["get ", "list "].contains { command.hasPrefix($0) } && message.contains("Interrupted system call")
  }
}

extension NftablesError: CustomStringConvertible {
  /// One line or, where libnftables points at a place in the command, several.
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
      "'nft \(command)' shows what was not written by this library: \(reason); "
        + "look at it with nft and delete the table"
    }
  }
}
