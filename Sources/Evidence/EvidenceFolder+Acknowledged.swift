extension EvidenceFolder {
  /// Whether a person acknowledged or signed the run.
  ///
  /// - Throws: `EvidenceError`, also for a review that was changed.
  package var isAcknowledged: Bool {
    get throws(EvidenceError) {
      if try review().entries.contains(where: { $0.content == .acknowledged }) { return true }
      return try covered().contains { $0.hasPrefix("\(Self.signatureFolder)/") }
    }
  }
}
