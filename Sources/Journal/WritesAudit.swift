/// The records found on an append probe's disk.
package struct WritesAudit: Codable, Equatable, Sendable {
  package var probe: String
  /// Why they could not be read; nil if the other properties are valid.
  package var unreadable: String?
  /// The sequence numbers found, as ascending closed ranges `[first, last]`.
  package var present: [[Int64]]
  /// Records with an invalid checksum.
  package var torn: Int

  package init(probe: String, unreadable: String? = nil, present: [[Int64]] = [], torn: Int = 0) {
    self.probe = probe
    self.unreadable = unreadable
    self.present = present
    self.torn = torn
  }
}
