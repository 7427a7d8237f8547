import Journal

/// One result of `murphy-agent recover`. Programs compare the case; `description` has the words for display.
package enum Recovery: Codable, Equatable, Sendable {
  /// A lease's fault was reverted, now or before, and its record is deleted. Or it was reverted on a domain that came from
  /// another host with the lease's mark; `run` then names the lease.
  case reverted(fault: String, object: String, run: String, cause: RevertCause)
  /// A lease's fault was undone, but the host differs from its state before. The record stays.
  case residue(fault: String, object: String, lines: [String])
  /// An orphaned domain was resumed, and its lease's mark removed.
  case resumed(domain: String, lease: String)
  /// A running domain still had the mark of a lease, which was removed.
  case unmarked(domain: String, lease: String)
  /// A lease could not be read or reverted, or not all of the host could be examined.
  case failed(reason: String)
}

extension Recovery: CustomStringConvertible {
  package var description: String {
    switch self {
    case .reverted(let fault, let object, let run, let cause):
      "reverted \(fault) \(object) (run \(run), by \(cause.rawValue))"
    case .residue(let fault, let object, let lines):
      "residue of \(fault) \(object): \(lines.joined(separator: "; "))"
    case .resumed(let domain, let lease):
      "resumed domain \(domain), which came from another host while vm.freeze suspended it (lease \(lease))"
    case .unmarked(let domain, let lease):
      "removed the mark of vm.freeze (lease \(lease)) from domain \(domain), which runs"
    case .failed(let reason): reason
    }
  }
}

extension Recovery {
  /// The results in the output of `murphy-agent recover --json`.
  ///
  /// - Throws: `LineBuffer.LineTooLong`.
  package static func results(in output: String) throws(LineBuffer.LineTooLong) -> [Recovery] {
    var results: [Recovery] = []
    var lines = AgentOutput()
    try lines.add(output.utf8) { line in
      if case .notice(.report(_, let recovery?)) = line { results.append(recovery) }
    }
    return results
  }
}
