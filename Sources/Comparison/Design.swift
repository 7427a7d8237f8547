/// How the trials of two sides were made, which limits what they can show.
package enum Design: Equatable, Sendable {
  /// Both settings took turns in one run, in so many blocks of four trials.
  case interleaved(blocks: Int)
  /// Runs at different times. The margin grows by the allowance, a share of the base value, since runs differ from each
  /// other although nothing changed.
  case separate(allowance: Double, isAssumed: Bool)

  /// The allowance if too few earlier runs exist to learn it from.
  package static let assumedAllowance = 0.1

  var allowance: Double {
    switch self {
    case .interleaved: 0
    case .separate(let allowance, _): allowance
    }
  }
}
