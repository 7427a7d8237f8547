/// A value whose form in JSON is its text. Undo records are read by people in a bad hour.
protocol TextCoded: Codable, CustomStringConvertible {
  init?(text: String)
}

extension TextCoded {
  /// Reads the text form.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text: text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no \(Self.self)")
    }
    self = value
  }

  /// Writes the text form.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
