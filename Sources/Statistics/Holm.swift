/// Several claims at one level: the step-down procedure of Holm (1979), "A Simple Sequentially Rejective Multiple Test
/// Procedure".
package enum Holm {
  /// Whether each claim is accepted. The probability that any accepted claim is false is at most `level`.
  ///
  /// - Parameter chances: the p-value of each claim.
  package static func accepted(_ chances: [Double], level: Double) -> [Bool] {
    var accepted = chances.map { _ in false }
    for (step, index) in chances.indices.sorted(by: { chances[$0] < chances[$1] }).enumerated() {
      if chances[index] > level / Double(chances.count - step) { break }
      accepted[index] = true
    }
    return accepted
  }
}
