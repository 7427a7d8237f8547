import Scenario

/// The block `drill`, which a fleet and a scenario may have.
enum DrillShape {
  static let field = Shape.Field.optional(
    "drill", .mapping(keys),
    "what the evidence page states of the drill; a scenario's fields replace the fleet's")

  private static let keys = Shape.Keys(
    fields: Drill.Field.allCases.map { field in
      .optional(
        field.rawValue, .listOrOne(.scalar(field.words.map { .word($0) } ?? .line)), field.summary)
    })

  /// Nil if the file has no block.
  static func drill(_ element: Element?) -> Drill? {
    guard let element else { return nil }
    var drill = Drill()
    for field in Drill.Field.allCases {
      guard let stated = element[field.rawValue] else { continue }
      drill[field] = stated.text.map { [$0] } ?? stated.items.compactMap(\.text)
    }
    return drill
  }
}
