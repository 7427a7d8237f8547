/// The records found on the disk behind an append probe.
package struct WritesAudit: Codable, Equatable, Sendable {
  /// The probe.
  package var probe: String
  /// Why they could not be read; nil where the rest is true.
  package var unreadable: String?
  /// The sequence numbers found, as ascending closed ranges `[first, last]`.
  package var present: [[Int64]]
  /// Records with a bad checksum.
  package var torn: Int

  /// An audit of these parts.
  package init(probe: String, unreadable: String? = nil, present: [[Int64]] = [], torn: Int = 0) {
    self.probe = probe
    self.unreadable = unreadable
    self.present = present
    self.torn = torn
  }
}
