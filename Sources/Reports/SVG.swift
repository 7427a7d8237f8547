import Glibc
import Scenario

/// An SVG picture under construction. Colours come from the page's style sheet, by class.
struct SVG {
  private(set) var body = ""

  /// The words of a mark, with their times in milliseconds since the picture's origin. The page's script shows them
  /// beside the cross-hair, and adds the times up.
  struct Reading {
    let words: String
    let begin: Int64
    let end: Int64

    /// Longer words would not fit into the box beside the cross-hair.
    fileprivate var attributes: String {
      let short = words.count <= 60 ? words : words.prefix(59) + "…"
      return " data-v=\"\(Markup.escaped(short))\" data-a=\"\(begin)\" data-b=\"\(end)\""
    }
  }

  /// The scale by which the script reads a value from a line: `low` is at the coordinate `bottom`, `high` at `top`.
  struct Scale {
    let words: String
    let unit: String
    let isLogarithmic: Bool
    let low: Double
    let high: Double
    let bottom: Double
    let top: Double

    /// The coordinate of a value. A value beyond the scale has the coordinate of the scale's end.
    func y(_ value: Double) -> Double {
      let part = isLogarithmic ? log(max(value, low) / low) / log(high / low) : (value - low) / (high - low)
      return bottom - min(max(part, 0), 1) * (bottom - top)
    }

    fileprivate var attributes: String {
      let numbers = [low, high, bottom, top].map(SVG.number).joined(separator: " ")
      return " data-s=\"\(isLogarithmic ? 1 : 0) \(numbers)\" data-v=\"\(Markup.escaped(words))\""
        + " data-u=\"\(Markup.escaped(unit))\""
    }
  }

  /// The drawing of one lane. The page's script finds it by the lane's name, like a table's row.
  mutating func lane(_ name: String, _ draw: (inout SVG) -> Void) {
    body += "<g data-lane=\"\(Markup.escaped(name))\">\n"
    draw(&self)
    body += "</g>\n"
  }

  /// A drawing that leads to another page; without an address only the drawing.
  mutating func link(_ address: String?, _ draw: (inout SVG) -> Void) {
    if let address { body += "<a href=\"\(Markup.escaped(address))\">\n" }
    draw(&self)
    if address != nil { body += "</a>\n" }
  }

  /// A coordinate, rounded to a tenth of a pixel.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
  }

  private static func titled(_ title: String?) -> String {
    title.map { "<title>\(Markup.escaped($0))</title>" } ?? ""
  }

  mutating func rect(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, radius: Double = 0,
    title: String? = nil, reading: Reading? = nil
  ) {
    let corner = radius > 0 ? " rx=\"\(Self.number(radius))\"" : ""
    body += "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
    body += " width=\"\(Self.number(max(width, 0.6)))\" height=\"\(Self.number(height))\"\(corner)"
    body += reading?.attributes ?? ""
    body += title == nil ? "/>\n" : ">\(Self.titled(title))</rect>\n"
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    body += "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\""
    body += " x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>\n"
  }

  mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String, anchor: String = "start") {
    let aligned = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
    body += "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\"\(aligned)>"
    body += "\(Markup.escaped(text))</text>\n"
  }

  /// A line or an area through points; closed if its style fills it.
  mutating func path(
    _ points: [(x: Double, y: Double)], _ style: String, closed: Bool = false, title: String? = nil,
    scale: Scale? = nil
  ) {
    guard !points.isEmpty else { return }
    let steps = points.map { "\(Self.number($0.x)) \(Self.number($0.y))" }
    body += "<path class=\"\(style)\" d=\"M\(steps.joined(separator: "L"))\(closed ? "Z" : "")\""
    body += scale?.attributes ?? ""
    body += title == nil ? "/>\n" : ">\(Self.titled(title))</path>\n"
  }

  /// An arrow for an end that was not observed.
  mutating func openArrow(_ x: Double, _ middle: Double, _ title: String) {
    path([(x - 9, middle - 6), (x, middle), (x - 9, middle + 6)], "arrow", title: title)
  }

  /// Whether a text of the small size fits into a width.
  static func fits(_ text: String, _ width: Double) -> Bool { Double(text.count) * 6.1 + 8 <= width }
}
