/// A line that differs between a host's states before and after a trial, and what caused the difference, if known.
package struct StateDifference: Hashable, Sendable {
  /// Nil in a journal of a version that didn't record it.
  package var change: Change?
  package var line: String
  package var by: Author
  /// The reason for the attribution; empty in a journal of a version that didn't record it.
  package var because: String

  package init(_ change: Change?, _ line: String, by: Author, because: String) {
    self.change = change
    self.line = line
    self.by = by
    self.because = because
  }

  package enum Change: String, Codable, Sendable {
    /// It existed before, but not after.
    case missing
    /// It existed after, but not before.
    case new
    /// It is in another place of a list in which the order matters.
    case moved
  }

  /// What caused a difference.
  package enum Author: String, Codable, CaseIterable, Sendable {
    /// Murphy: the object has a lease's name, or a lease affected exactly this.
    case murphy
    /// Perhaps Murphy: a fault of this run touched the object, or can have this consequence.
    case perhapsMurphy = "perhaps-murphy"
    /// Something else: no fault of this run can have caused it.
    case others
  }

  /// Whether it counts as residue. Differences that something else caused don't.
  package var counts: Bool { by != .others }
}

extension StateDifference: CustomStringConvertible {
  /// `missing: address eth0 10.0.0.1/24`.
  package var description: String { (change.map { "\($0.rawValue): " } ?? "") + line }
}

extension StateDifference: Codable {
  private enum Key: String, CodingKey { case change, line, by, because }

  /// Reads an object, or a string as earlier versions wrote it, without an attribution.
  package init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.init(nil, text, by: .perhapsMurphy, because: "")
      return
    }
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      try container.decodeIfPresent(Change.self, forKey: .change),
      try container.decode(String.self, forKey: .line), by: try container.decode(Author.self, forKey: .by),
      because: try container.decode(String.self, forKey: .because))
  }

  /// Writes `{"because":…,"by":…,"change":…,"line":…}`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(change, forKey: .change)
    try container.encode(line, forKey: .line)
    try container.encode(by, forKey: .by)
    try container.encode(because, forKey: .because)
  }
}
