/// A view in the fleet file: its kind and parameters. `Views` has the kinds.
package struct ViewSpec: Equatable, Sendable {
  /// The kind's key in the fleet file: `gluster`.
  package var kind: String
  /// By the parameters' names.
  package var parameters: [String: JSONValue]

  package init(_ kind: String, _ parameters: [String: JSONValue] = [:]) {
    self.kind = kind
    self.parameters = parameters
  }

  /// A text parameter; nil if it is missing.
  package func text(_ name: String) -> String? {
    if case .string(let text) = parameters[name] { text } else { nil }
  }
}

extension ViewSpec {
  private static let aside = "aside"

  /// Whether a host is queried in addition to the one whose belief the run uses. Such a query is smaller if the full
  /// query is too expensive for every host. The fleet file has no such key.
  package var isAside: Bool {
    get { parameters[Self.aside] == .bool(true) }
    set { parameters[Self.aside] = newValue ? .bool(true) : nil }
  }

  /// A parameter with a list of texts; empty if it is missing.
  package func words(_ name: String) -> [String] {
    guard case .array(let values) = parameters[name] else { return [] }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  /// A parameter with a list of whole numbers; empty if it is missing.
  package func numbers(_ name: String) -> [Int] {
    guard case .array(let values) = parameters[name] else { return [] }
    return values.compactMap { if case .integer(let number) = $0 { Int(exactly: number) } else { nil } }
  }
}

extension ViewSpec: Codable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads `{"gluster":{"volume":"vms"}}`, as journals and agents of all versions write it.
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
