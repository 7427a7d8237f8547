import Scenario

extension Shape {
  /// The shape in JSON Schema, draft 2020-12.
  var schema: JSON {
    switch self {
    case .scalar(let form): form.schema
    case .mapping(let keys): keys.schema
    case .named(let form, let shape, let least):
      .object([
        "type": "object", "propertyNames": form.schema, "additionalProperties": shape.schema,
        "minProperties": .integer(least),
      ])
    case .list(let shape, let least, let most):
      .object([
        "type": "array", "items": shape.schema, "minItems": .integer(least), "maxItems": .integer(most),
      ])
    case .listOrOne(let shape, let least):
      ["anyOf": [shape.schema, Shape.list(shape, atLeast: least).schema]]
    case .chosen(let key, let common, let cases):
      // The properties are also listed at the top, so that an editor completes them before the word is written.
      .object([
        "type": "object", "required": [.text(key)],
        "properties": .object(common.properties),
        "allOf": .array(
          cases.map { one in
            [
              "if": [
                "properties": .object([key: ["const": .text(one.word)]]), "required": [.text(key)],
              ],
              "then": common.adding(one, one.fields).schema(describedAs: one.summary),
            ]
          }),
      ])
    case .either(let shapes, _):
      shapes.count == 1 ? shapes[0].schema : ["anyOf": .array(shapes.map(\.schema))]
    case .judged(let schema): schema
    }
  }

  /// The shape as a complete schema.
  func schemaDocument(title: String) throws -> String {
    guard case .object(var members) = schema else { return try schema.rendered() }
    members["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    members["title"] = .text(title)
    return try JSON.object(members).rendered()
  }
}

extension Shape.Keys {
  var schema: JSON { schema(describedAs: nil) }

  func schema(describedAs summary: String?) -> JSON {
    var members: [String: JSON] = [
      "type": "object", "additionalProperties": false, "properties": .object(properties),
    ]
    if let summary { members["description"] = .text(summary) }
    let required = fields.filter(\.isRequired).map(\.key)
    if !required.isEmpty { members["required"] = .texts(required) }
    let rules: [JSON] =
      exactlyOne.map { group in ["oneOf": .array(group.map { ["required": [.text($0)]] })] }
      + needs.map { need in
        [
          "if": [
            "properties": .object([need.parameter: ["enum": .texts(need.words)]]),
            "required": [.text(need.parameter)],
          ],
          "then": .object([
            "properties": .object(
              need.word.map { word -> [String: JSON] in [need.other: ["const": .text(word)]] } ?? [:]),
            "required": [.text(need.other)],
          ]),
        ]
      }
      + (timed.map { [$0.rule] } ?? [])
    if !rules.isEmpty { members["allOf"] = .array(rules) }
    if !companions.isEmpty {
      members["dependentSchemas"] = .object(
        companions.mapValues { others in ["anyOf": .array(others.map { ["required": [.text($0)]] })] })
    }
    return .object(members)
  }

  fileprivate var properties: [String: JSON] {
    Dictionary(
      fields.map { field in
        guard case .object(var members) = field.shape.schema else { return (field.key, field.shape.schema) }
        members["description"] = .text(field.summary)
        members["default"] = field.standard
        return (field.key, .object(members))
      }
    ) { first, _ in first }
  }
}

extension Shape.Timed {
  fileprivate var rule: JSON {
    // If the parameter is missing, its default is used.
    var applies: [String: JSON] = ["properties": .object([parameter: ["enum": .texts(words)]])]
    if standard.map(words.contains) != true { applies["required"] = [.text(parameter)] }
    return .object([
      "if": .object(applies),
      "then": ["properties": .object([key: false])],
      "else": ["required": [.text(key)]],
    ])
  }
}
