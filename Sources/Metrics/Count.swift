/// A count, as far as a run could determine it.
package enum Count: Equatable, Sendable {
  case counted(Int)
  /// The count is unknown, for this reason.
  case notObserved(reason: String)
}

extension Count: Encodable {
  private enum Key: String, CodingKey {
    case count
    case notObserved = "not-observed"
  }

  /// Writes `{"count":…}` or `{"not-observed":"why"}`.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .counted(let count): try container.encode(count, forKey: .count)
    case .notObserved(let reason): try container.encode(reason, forKey: .notObserved)
    }
  }
}

/// The value of a metric.
package enum Figure: Equatable, Sendable {
  case span(Span)
  case count(Count)
}

extension Figure: Encodable {
  /// Writes only the span or the count; their keys differ.
  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .span(let span): try span.encode(to: encoder)
    case .count(let count): try count.encode(to: encoder)
    }
  }
}
