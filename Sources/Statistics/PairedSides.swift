/// The values of a base and of a candidate, in blocks. Lower is better.
///
/// Separate runs are one block. Interleaved trials are a block per ABBA or BAAB, and only pairs within a block are
/// compared, so that a drift between blocks cancels out.
package struct PairedSides: Sendable {
  package struct Block: Sendable {
    package var base: [BoundedValue]
    package var candidate: [BoundedValue]

    package init(base: [BoundedValue], candidate: [BoundedValue]) {
      self.base = base
      self.candidate = candidate
    }
  }

  package let blocks: [Block]
  /// The distribution of pairs by chance alone.
  package let chance: RankSum

  package init(blocks: [Block]) {
    self.blocks = blocks
    chance = RankSum(blocks: blocks.map { ($0.base.count, $0.candidate.count) })
  }

  package var base: [BoundedValue] { blocks.flatMap(\.base) }
  package var candidate: [BoundedValue] { blocks.flatMap(\.candidate) }

  /// Every pair that is compared.
  func pairs<Result>(_ body: (_ base: BoundedValue, _ candidate: BoundedValue) -> Result) -> [Result] {
    blocks.flatMap { block in block.base.flatMap { x in block.candidate.map { y in body(x, y) } } }
  }
}
