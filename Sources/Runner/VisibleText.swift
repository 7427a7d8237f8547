/// Untrusted bytes as text that is safe on a terminal: control characters as `^[`, invisible ones as `\u{202e}`.
func visibleText(_ bytes: some Sequence<UInt8>) -> String {
  var text = ""
  for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control where scalar.value < 0x20 || scalar.value == 0x7F:
      // In the notation of cat -v(1): ^A for 1.
      text += "^\(Character(Unicode.Scalar(UInt8(scalar.value) ^ 0x40)))"
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      text += "\\u{\(String(scalar.value, radix: 16))}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}

/// The non-blank lines of untrusted bytes, each as `visibleText`, limited to `length` characters. Of a longer line the
/// beginning and the end are kept, because an error may follow a banner without a newline.
func visibleLines(_ bytes: some Collection<UInt8>, length: Int = 300) -> [String] {
  bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.compactMap { line in
    let blanks: Set<UInt8> = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    let text = line.drop { blanks.contains($0) }
    if text.isEmpty { return nil }
    let visible = visibleText(text)
    return visible.count > length
      ? "\(visible.prefix(length / 2))…\(visible.suffix(length - length / 2))" : visible
  }
}
