/// The characters of a file by line and column, as the YAML scanner counts them.
struct SourceText {
  private(set) var scalars: [Unicode.Scalar]
  private let lineStarts: [Int]

  init(_ text: String) {
    var scalars = Array(text.unicodeScalars)
    // A byte order mark is not part of the first line.
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    var starts = [0]
    for index in scalars.indices {
      let isBreak = scalars[index] == "\n"
      let isLoneReturn =
        scalars[index] == "\r" && !(index + 1 < scalars.count && scalars[index + 1] == "\n")
      if isBreak || isLoneReturn { starts.append(index + 1) }
    }
    self.scalars = scalars
    lineStarts = starts
  }

  var text: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// The index of a place; nil after the end.
  func index(_ position: Position) -> Int? {
    guard lineStarts.indices.contains(position.line - 1), position.column > 0 else { return nil }
    let index = lineStarts[position.line - 1] + position.column - 1
    return index < scalars.count ? index : nil
  }

  /// The character at a place; nil after the end.
  subscript(_ position: Position) -> Unicode.Scalar? { index(position).map { scalars[$0] } }

  /// The number of spaces at the beginning of a line.
  func indentation(ofLine line: Int) -> Int {
    var column = 1
    while self[Position(line: line, column: column)] == " " { column += 1 }
    return column - 1
  }

  /// Whether only spaces and line ends follow a place.
  func isEnd(_ position: Position) -> Bool {
    guard let index = index(position) else { return true }
    return scalars[index...].allSatisfy { " \t\r\n".unicodeScalars.contains($0) }
  }

  /// Whether a text is at a place, character by character.
  func holds(_ text: String, at position: Position) -> Bool {
    guard let start = index(position) else { return text.isEmpty }
    return scalars[start...].starts(with: text.unicodeScalars)
  }

  /// Replaces one character; no other character moves.
  mutating func replace(at index: Int, with scalar: Unicode.Scalar) { scalars[index] = scalar }

  /// The first place of each forbidden character, with the reason.
  var forbidden: [(position: Position, reason: String)] {
    var seen = Set<Unicode.Scalar>()
    var found: [(Position, String)] = []
    for (line, start) in lineStarts.enumerated() {
      let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : scalars.count
      for index in start..<end {
        let scalar = scalars[index]
        guard let reason = Self.reason(against: scalar), seen.insert(scalar).inserted else { continue }
        found.append((Position(line: line + 1, column: index - start + 1), reason))
      }
    }
    return found
  }

  private static func reason(against scalar: Unicode.Scalar) -> String? {
    let hex = String(scalar.value, radix: 16, uppercase: true)
    let name = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    return switch scalar.value {
    case 0x09, 0x0A, 0x0D: nil
    case 0x85, 0x2028, 0x2029: "the line separator \(name), which editors don't count as a line; remove it"
    case 0..<0x20, 0x7F..<0xA0: "the control character \(name); remove it"
    case 0xFEFF: "a byte order mark inside the text; remove it"
    case 0xE000...0xF8FF, 0xFDD0...0xFDEF, 0xFFFE, 0xFFFF, 0xF0000...:
      "\(name), which is not assigned in Unicode; remove it"
    default: nil
    }
  }
}
