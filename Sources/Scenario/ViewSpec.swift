/// A view as the fleet file writes it: its kind, and what the file says beside it. `Views` has the kinds.
package struct ViewSpec: Equatable, Sendable {
  /// The kind's key in the fleet file: `gluster`.
  package var kind: String
  /// By the parameters' names.
  package var parameters: [String: JSONValue]

  /// A view of a kind.
  package init(_ kind: String, _ parameters: [String: JSONValue] = [:]) {
    self.kind = kind
    self.parameters = parameters
  }

  /// A parameter that is a text; nil where there is none.
  package func text(_ name: String) -> String? {
    if case .string(let text) = parameters[name] { text } else { nil }
  }
}

extension ViewSpec {
  /// A parameter that is a list of texts; empty if there is none.
  package func words(_ name: String) -> [String] {
    guard case .array(let values) = parameters[name] else { return [] }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}

extension ViewSpec: Codable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads `{"gluster":{"volume":"vms"}}`, as journals and agents of every version write it.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    guard container.allKeys.count == 1, let key = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected one key, the view's kind"))
    }
    self.init(key.stringValue, try container.decode([String: JSONValue].self, forKey: key))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(parameters, forKey: Key(stringValue: kind))
  }
}
