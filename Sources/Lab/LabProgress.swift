/// How far a part of the lab has come.
package struct LabProgress: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    /// Under way, or waited for.
    case starting
    /// It was asked, and answered.
    case up
    /// It did not answer in its time; the reason ends with the tail of its log.
    case failed(reason: String)
  }

  package let part: LabPart
  /// Its host, or nil for a part of the lab as a whole.
  package let host: String?
  package let state: State
  /// Seconds since the call that reports.
  package let seconds: Double
}
