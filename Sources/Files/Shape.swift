import Scenario

/// What a part of a file must look like: one table for the parser and for the schema.
indirect enum Shape: Sendable {
  /// A scalar.
  case scalar(Form)
  /// A mapping with fixed keys.
  case mapping(Keys)
  /// A mapping whose keys are names that the file chooses.
  case named(Form, Shape, atLeast: Int)
  /// A list.
  case list(Shape, atLeast: Int, atMost: Int = Shape.mostItems)
  /// A list, or its one item alone.
  case listOrOne(Shape, atLeast: Int = 1)
  /// A mapping whose keys depend on the word at one of them.
  case chosen(by: String, common: Keys, cases: [Case])
  /// Several shapes of which the reader tells which one is meant; mistakes are told of the joint one.
  case either([Shape], joint: Shape)
  /// A mapping whose entries its reader judges.
  case judged(schema: JSON)

  /// More than any list of a fleet or scenario needs.
  static let mostItems = 1000

  /// The keys of a mapping.
  struct Keys: Sendable {
    var fields: [Field]
    /// Of each of these groups exactly one key must stand.
    var exactlyOne: [[String]] = []
    /// A key that stands only beside one of others.
    var companions: [String: [String]] = [:]
    /// Words of one key that make sense only with a word of another.
    var needs: [FaultDescription.Need] = []

    var names: [String] { fields.map(\.key) }
    func field(_ key: String) -> Field? { fields.first { $0.key == key } }

    /// The same with further fields, which replace those of the same key.
    func adding(_ more: [Field], needs: [FaultDescription.Need] = []) -> Keys {
      var joint = self
      joint.needs += needs
      joint.fields = fields.map { field in more.first { $0.key == field.key } ?? field }
      joint.fields += more.filter { self.field($0.key) == nil }
      return joint
    }
  }

  /// A key of a mapping.
  struct Field: Sendable {
    var key: String
    var summary: String
    var isRequired: Bool
    var shape: Shape
    /// What it is where it doesn't stand.
    var standard: JSON?

    static func required(_ key: String, _ shape: Shape, _ summary: String) -> Field {
      Field(key: key, summary: summary, isRequired: true, shape: shape)
    }

    static func optional(_ key: String, _ shape: Shape, _ summary: String, standard: JSON? = nil) -> Field {
      Field(key: key, summary: summary, isRequired: false, shape: shape, standard: standard)
    }
  }

  /// What a word adds to the keys of its mapping.
  struct Case: Sendable {
    var word: String
    var summary: String
    var fields: [Field]
    var needs: [FaultDescription.Need] = []
  }
}
