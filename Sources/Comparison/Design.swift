/// The order in which the trials of two sides were made. It limits the claims that they can show.
package enum Design: Equatable, Sendable {
  /// Both settings alternated in one run, in this number of blocks of four trials.
  case interleaved(blocks: Int)
  /// The runs were made at different times. The margin grows by the allowance, a share of the base value, since runs
  /// differ from each other even without a change.
  case separate(allowance: Double, isAssumed: Bool)

  /// The allowance if there are too few earlier runs to measure it.
  package static let assumedAllowance = 0.1

  var allowance: Double {
    switch self {
    case .interleaved: 0
    case .separate(let allowance, _): allowance
    }
  }
}
