import Foundation
import Statistics

/// What scipy and R compute; `Oracles/write.py` and `Oracles/write.R` wrote the files.
struct Oracle: Decodable {
  struct RankSums: Decodable, Sendable {
    var base: [Double]
    var candidate: [Double]
    var pairs: Double
    var chance: Double
  }
  struct Trends: Decodable, Sendable {
    var values: [Double]
    var chance: Double
    var slope: Double
  }
  struct Proportions: Decodable, Sendable {
    var successes: Int
    var trials: Int
    var low: Double
    var high: Double
  }
  struct Intervals: Sendable {
    var base: [Double]
    var candidate: [Double]
    var low: Double
    var high: Double
    var estimate: Double
  }

  var rankSums: [RankSums]
  var trends: [Trends]
  var proportions: [Proportions]

  static func scipy() throws -> Oracle {
    try JSONDecoder().decode(Oracle.self, from: Data(contentsOf: folder.appending(path: "scipy.json")))
  }

  static func r() throws -> [Intervals] {
    try String(contentsOf: folder.appending(path: "r.csv"), encoding: .utf8).split(separator: "\n").map {
      line in
      let fields = line.split(separator: ",").map { $0.split(separator: " ").compactMap { Double($0) } }
      return Intervals(
        base: fields[0], candidate: fields[1], low: fields[2][0], high: fields[3][0], estimate: fields[4][0])
    }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Oracles")
}

extension PairedSides {
  /// One block of exact values.
  init(_ base: [Double], _ candidate: [Double]) {
    self.init(base.map { BoundedValue(exactly: $0) }, candidate.map { BoundedValue(exactly: $0) })
  }

  /// One block.
  init(_ base: [BoundedValue], _ candidate: [BoundedValue]) {
    self.init(blocks: [Block(base: base, candidate: candidate)])
  }
}

extension Margin {
  static let none = Margin(relative: 0, absolute: 0)
  static let tenth = Margin(relative: 0.1, absolute: 0)
}

/// Whether two probabilities agree to within what rounding explains.
func agree(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-9 }
