import Journal

/// A cold read of one place after recovery, compared with the other places.
package struct ReadMetrics: Encodable, Equatable, Sendable {
  package var kind: RecordsRead.Place.Kind
  /// `falco:/bricks/vms/brick/web.img`, or `the service`.
  package var place: String
  /// Why it could not be read; nil if it was read.
  package var unreadable: String?
  /// Its whole records; nil if it was not read.
  package var present: Int?
  /// Records that other places have and that are not whole here; nil if it was not read.
  package var lacking: Int?
  /// The first of them. nil if it lacks none.
  package var differsFrom: Int64?
  /// Whether it has all records, with the same content as most other places; nil if it was not read.
  package var isSame: Bool?

  static func all(_ reads: [RecordsRead]) -> [ReadMetrics] {
    let found = reads.compactMap(\.found)
    let known = found.reduce(NumberRanges()) { $0.union($1.present) }
    /// Of the places with all records, the content that most of them have.
    let digests = found.filter { $0.present == known }.compactMap(\.digest)
    let counts = Dictionary(digests.map { ($0, 1) }) { $0 + $1 }
    let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    return reads.map { read in
      guard let found = read.found else {
        return ReadMetrics(
          kind: read.place.kind, place: "\(read.place)", unreadable: read.unreadable ?? "it was not read")
      }
      let lacking = known.subtracting(found.present)
      return ReadMetrics(
        kind: read.place.kind, place: "\(read.place)", present: found.present.count, lacking: lacking.count,
        differsFrom: lacking.first,
        isSame: lacking.isEmpty && (found.digest == nil || usual == nil || found.digest == usual))
    }
  }

  static func differingReplicas(_ reads: [ReadMetrics]) -> Count {
    let replicas = reads.filter { $0.kind == .replica }
    let differing = replicas.count { $0.isSame == false }
    if differing > 0 { return .counted(differing) }
    if let unread = replicas.first(where: { $0.isSame == nil }) {
      return .notObserved(reason: "\(unread.place): \(unread.unreadable ?? "it was not read")")
    }
    return replicas.isEmpty ? .notObserved(reason: "the fleet states no replicas") : .counted(0)
  }
}
