import Scenario

/// The required shape of a part of a file: one table for the parser and for the schema.
indirect enum Shape: Sendable {
  /// A scalar.
  case scalar(Form)
  /// A mapping with fixed keys.
  case mapping(Keys)
  /// A mapping with names as keys.
  case named(Form, Shape, atLeast: Int)
  /// A list.
  case list(Shape, atLeast: Int, atMost: Int = Shape.mostItems)
  /// A list, or a single item in its place.
  case listOrOne(Shape, atLeast: Int = 1)
  /// A mapping whose keys depend on the word of one of them.
  case chosen(by: String, common: Keys, cases: [Case])
  /// One of several shapes, which the reader distinguishes; errors are reported for the joint shape.
  case either([Shape], joint: Shape)
  /// A mapping whose entries the reader checks.
  case judged(schema: JSON)

  /// More than any list of a fleet or scenario needs.
  static let mostItems = 1000

  /// The keys of a mapping.
  struct Keys: Sendable {
    var fields: [Field]
    /// Groups of keys of which exactly one is required.
    var exactlyOne: [[String]] = []
    /// Keys that are valid only together with one of others.
    var companions: [String: [String]] = [:]
    /// Words of one key that are valid only with a certain word of another.
    var needs: [FaultDescription.Need] = []
    /// The key whose meaning depends on a word of another key.
    var timed: Timed?

    var names: [String] { fields.map(\.key) }
    func field(_ key: String) -> Field? { fields.first { $0.key == key } }

    /// The same shape with a case's fields, which replace those with the same key.
    func adding(_ one: Case, _ more: [Field]) -> Keys {
      var joint = self
      joint.needs += one.needs
      joint.timed = one.timed ?? timed
      joint.exactlyOne += one.exactlyOne
      joint.companions.merge(one.companions) { $1 }
      joint.fields = fields.map { field in more.first { $0.key == field.key } ?? field }
      joint.fields += more.filter { self.field($0.key) == nil }
      joint.fields.removeAll { one.without[$0.key] != nil }
      for index in joint.fields.indices where one.required.contains(joint.fields[index].key) {
        joint.fields[index].isRequired = true
      }
      return joint
    }
  }

  /// A key of a mapping.
  struct Field: Sendable {
    var key: String
    var summary: String
    var isRequired: Bool
    var shape: Shape
    /// The default if the key is missing.
    var standard: JSON?

    static func required(_ key: String, _ shape: Shape, _ summary: String) -> Field {
      Field(key: key, summary: summary, isRequired: true, shape: shape)
    }

    static func optional(_ key: String, _ shape: Shape, _ summary: String, standard: JSON? = nil) -> Field {
      Field(key: key, summary: summary, isRequired: false, shape: shape, standard: standard)
    }
  }

  /// The keys that a word adds to its mapping.
  struct Case: Sendable {
    var word: String
    var summary: String
    var fields: [Field]
    var needs: [FaultDescription.Need] = []
    var exactlyOne: [[String]] = []
    var companions: [String: [String]] = [:]
    /// Common keys that have no meaning here, with the reason.
    var without: [String: String] = [:]
    /// Common keys that are required here.
    var required: [String] = []
    var timed: Timed?
  }

  /// A key that has no meaning with some values of a parameter, and is required with the others.
  struct Timed: Sendable {
    var key: String
    var parameter: String
    /// The values of the parameter with which the key has no meaning.
    var words: [String]
    /// The default value of the parameter.
    var standard: String?
    /// The reason why the key has no meaning with these values, as a clause.
    var because: String
  }
}
