import Glibc

extension EvidenceFolder {
  /// Whether a person acknowledged or signed the run.
  ///
  /// - Throws: `EvidenceError`, also for a review that was changed.
  package var isAcknowledged: Bool {
    get throws(EvidenceError) {
      if try review().entries.contains(where: { $0.content == .acknowledged }) { return true }
      return try statements().contains { statement in
        [statement, statement + Self.signatureEnding].allSatisfy { access(path(of: $0), F_OK) == 0 }
      }
    }
  }
}
