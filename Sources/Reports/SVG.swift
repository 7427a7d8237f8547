/// An SVG picture under construction. Colours come from the page's style sheet, by class.
struct SVG {
  private(set) var body = ""

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
    title: String? = nil
  ) {
    let corner = radius > 0 ? " rx=\"\(Self.number(radius))\"" : ""
    body += "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
    body += " width=\"\(Self.number(max(width, 0.6)))\" height=\"\(Self.number(height))\"\(corner)"
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
    _ points: [(x: Double, y: Double)], _ style: String, closed: Bool = false, title: String? = nil
  ) {
    guard !points.isEmpty else { return }
    let steps = points.map { "\(Self.number($0.x)) \(Self.number($0.y))" }
    body += "<path class=\"\(style)\" d=\"M\(steps.joined(separator: "L"))\(closed ? "Z" : "")\""
    body += title == nil ? "/>\n" : ">\(Self.titled(title))</path>\n"
  }

  /// An arrow for an end that was not observed.
  mutating func openArrow(_ x: Double, _ middle: Double, _ title: String) {
    path([(x - 9, middle - 6), (x, middle), (x - 9, middle + 6)], "arrow", title: title)
  }

  /// Whether a text of the small size fits into a width.
  static func fits(_ text: String, _ width: Double) -> Bool { Double(text.count) * 6.1 + 8 <= width }
}
