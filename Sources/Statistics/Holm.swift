/// Several claims at one level: the step-down procedure of Holm (1979), "A Simple Sequentially Rejective Multiple Test
/// Procedure".
package enum Holm {
  /// Which of the claims hold so that the probability of any false one is at most `level`.
  package static func accepted(_ chances: [Double], level: Double) -> [Bool] {
    var accepted = chances.map { _ in false }
    for (step, index) in chances.indices.sorted(by: { chances[$0] < chances[$1] }).enumerated() {
      if chances[index] > level / Double(chances.count - step) { break }
      accepted[index] = true
    }
    return accepted
  }
}
