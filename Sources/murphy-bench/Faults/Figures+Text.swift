import Scenario

extension Figures {
  /// A table for display, times in milliseconds.
  var text: String {
    let lines = lines
    let width = (lines.map(\.name.count).max() ?? 0) + 2
    var text = "times in ms; each ratio is the median as a multiple of the limit's median before it\n"
    for section in Section.allCases {
      let part = lines.filter { $0.section == section }
      if part.isEmpty { continue }
      var heads = ["n", "median", "p99", "max"]
      if part.contains(where: { $0.limit != nil }) { heads += ["limit", "ratio", "warm", "ratio"] }
      text += "\n\(section.title)\n"
      text += String(repeating: " ", count: width + 2) + heads.map(Self.cell).joined() + "\n"
      for line in part {
        text += "  " + line.name + String(repeating: " ", count: width - line.name.count)
        text += Self.cells(of: line).map(Self.cell).joined() + "\n"
      }
    }
    return text
  }

  private static func cells(of line: Line) -> [String] {
    var cells = ["\(line.n)"] + [line.median, line.p99, line.max].map(milliseconds)
    for (limit, ratio) in [(line.limit, line.ratio), (line.warmLimit, line.warmRatio)] {
      if let limit, let ratio {
        cells += [milliseconds(limit), decimal(Int64((ratio * 10).rounded()), places: 1)]
      }
    }
    return cells
  }

  private static func cell(_ text: String) -> String {
    String(repeating: " ", count: max(1, 9 - text.count)) + text
  }

  private static func milliseconds(_ time: Nanoseconds) -> String { decimal(time.count / 1000, places: 3) }

  /// A whole number of the last place's units, written with a decimal point.
  private static func decimal(_ count: Int64, places: Int) -> String {
    let digits = String(abs(count))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (count < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
  }
}
