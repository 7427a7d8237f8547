/// What was found of an append probe's records after recovery, place by place.
package struct WritesAudit: Equatable, Sendable {
  package var probe: String
  package var reads: [RecordsRead]

  package init(probe: String, reads: [RecordsRead]) {
    self.probe = probe
    self.reads = reads
  }

  /// The service's read alone.
  package init(probe: String, found: RecordsFound) {
    self.init(probe: probe, reads: [RecordsRead(.service, found: found)])
  }

  /// The service's read, which failed.
  package init(probe: String, unreadable: String) {
    self.init(probe: probe, reads: [RecordsRead(.service, unreadable: unreadable)])
  }
}

/// A cold read of one place.
package struct RecordsRead: Codable, Equatable, Sendable {
  package var place: Place
  /// Why the place could not be read; nil if it was read.
  package var unreadable: String?
  /// nil if it could not be read.
  package var found: RecordsFound?

  package init(_ place: Place, found: RecordsFound) {
    self.place = place
    self.found = found
  }

  package init(_ place: Place, unreadable: String) {
    self.place = place
    self.unreadable = unreadable
  }

  /// Where records are read.
  package struct Place: Codable, Hashable, Sendable {
    package var kind: Kind
    /// nil for the service.
    package var host: String?
    package var path: String?

    package init(_ kind: Kind, host: String? = nil, path: String? = nil) {
      self.kind = kind
      self.host = host
      self.path = path
    }

    package static let service = Place(.service)

    package enum Kind: String, Codable, Sendable {
      /// The service itself, which reads its disk.
      case service
      /// The disk's file, through the platform's storage.
      case mount
      /// One of the copies that the storage keeps.
      case replica
    }
  }
}

extension RecordsRead.Place: CustomStringConvertible {
  /// `falco:/bricks/vms/brick/web.img`, or `the service`.
  package var description: String {
    guard let host, let path else { return "the service" }
    return "\(host):\(path)"
  }
}

extension WritesAudit: Codable {
  private enum Key: String, CodingKey {
    case probe, reads
    /// Journals before format 6 have the service's read here, and the number of torn records.
    case unreadable, present, torn
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    probe = try container.decode(String.self, forKey: .probe)
    if let reads = try container.decodeIfPresent([RecordsRead].self, forKey: .reads) {
      self.reads = reads
    } else if let reason = try container.decodeIfPresent(String.self, forKey: .unreadable) {
      reads = [RecordsRead(.service, unreadable: reason)]
    } else {
      let found = RecordsFound(
        present: try container.decode(NumberRanges.self, forKey: .present),
        tornUnplaced: try container.decode(Int.self, forKey: .torn))
      reads = [RecordsRead(.service, found: found)]
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(probe, forKey: .probe)
    try container.encode(reads, forKey: .reads)
  }
}
