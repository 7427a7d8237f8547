/// The progress of one part of the lab.
package struct LabProgress: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    /// Not answering yet.
    case starting
    /// It answered a query.
    case up
    /// It did not answer in time; the reason ends with the last lines of its log.
    case failed(reason: String)
  }

  package let part: LabPart
  /// Its host, or nil for a part of the whole lab.
  package let host: String?
  package let state: State
  /// Seconds since the start of the call that reports progress.
  package let seconds: Double
}
