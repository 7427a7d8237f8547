import Scenario

extension SeededGenerator {
  /// A generator for the choice of one step in one trial. Its numbers depend on no other choice. A plan and a run
  /// choose in different orders, and still choose the same.
  init(seed: UInt64, trial: Int, step: Int) {
    var mixing = SeededGenerator(seed: seed)
    mixing = SeededGenerator(
      seed: mixing.next() ^ UInt64(truncatingIfNeeded: trial) << 32 ^ UInt64(truncatingIfNeeded: step))
    self = SeededGenerator(seed: mixing.next())
  }
}
