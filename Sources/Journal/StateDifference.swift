/// One line in which a host's state after a trial differs from its state before, and who made the difference, as far
/// as that can be told.
package struct StateDifference: Equatable, Sendable {
  /// What became of the line; nil in a journal that doesn't tell it apart.
  package var change: Change?
  /// What differs.
  package var line: String
  /// Whose it is.
  package var by: Author
  /// Why that is thought so, in words; empty in a journal that doesn't say.
  package var because: String

  /// A difference of these parts.
  package init(_ change: Change?, _ line: String, by: Author, because: String) {
    self.change = change
    self.line = line
    self.by = by
    self.because = because
  }

  /// What became of a line.
  package enum Change: String, Codable, Sendable {
    /// It was there before, and isn't after.
    case missing
    /// It wasn't there before, and is after.
    case new
    /// It is at another place in a list whose order has a meaning.
    case moved
  }

  /// Who made a difference.
  package enum Author: String, Codable, CaseIterable, Sendable {
    /// Murphy: the object bears a lease's name, or a lease held just this.
    case murphy
    /// Perhaps Murphy: a fault of this run touched the object, or can have this consequence.
    case perhapsMurphy = "perhaps-murphy"
    /// Somebody else: no fault of this run can have made it.
    case others
  }

  /// Whether it is left behind, as far as can be told; what somebody else made isn't.
  package var counts: Bool { by != .others }
}

extension StateDifference: CustomStringConvertible {
  /// `missing: address eth0 10.0.0.1/24`.
  package var description: String { (change.map { "\($0.rawValue): " } ?? "") + line }
}

extension StateDifference: Codable {
  private enum Key: String, CodingKey { case change, line, by, because }

  /// Reads an object, or the mere text that earlier versions wrote; whose that is was not told apart.
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
