import ArgumentParser
import Glibc
import Linux
import Scenario
import Statistics

/// Prints the rates of false verdicts, the coverage of intervals and the power of claims, by simulation with a fixed
/// seed: the table in RELIABILITY.md.
struct StatisticsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Simulates the rates of false verdicts, as the table in RELIABILITY.md.")

  @Option(help: "The simulations of each row.") var simulations = 2000

  func validate() throws {
    if simulations < 1 { throw ValidationError("--simulations: give 1 or more") }
  }

  func run() throws {
    print("| statement | data | measured | bound |\n|---|---|---|---|")
    var isBroken = false
    for row in Self.rows {
      var generator = NormalGenerator(seed: 20_261_127)
      let count = (0..<simulations).count { _ in row.holds(&generator) }
      let rate = Double(count) / Double(simulations)
      // What three standard errors of the simulation explain is not counted as a breach.
      let error = 3 * (row.bound.rate * (1 - row.bound.rate) / Double(simulations)).squareRoot()
      let isKept =
        switch row.bound {
        case .atMost(let bound): rate <= bound + error
        case .atLeast(let bound): rate >= bound - error
        }
      if !isKept { isBroken = true }
      print(
        "| \(row.statement) | \(row.data) | \(Self.percent(rate)) | \(row.bound)\(isKept ? "" : ", **not kept**") |"
      )
    }
    print("\n\(simulations) simulations a row.")
    if isBroken { throw ExitCode.failure }
  }

  static func percent(_ rate: Double) -> String {
    let tenths = Int((rate * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private enum Bound: CustomStringConvertible, Sendable {
    case atMost(Double)
    case atLeast(Double)

    var rate: Double {
      switch self {
      case .atMost(let rate), .atLeast(let rate): rate
      }
    }

    var description: String {
      switch self {
      case .atMost(let rate): "at most \(StatisticsBench.percent(rate))"
      case .atLeast(let rate): "at least \(StatisticsBench.percent(rate))"
      }
    }
  }

  private struct Row: Sendable {
    var statement: String
    var data: String
    var bound: Bound
    var holds: @Sendable (inout NormalGenerator) -> Bool
  }

  // MARK: The rows

  private static let tenth = Margin(relative: 0.1, absolute: 0)
  private static let none = Margin(relative: 0, absolute: 0)
  private static let falseVerdict = "“worse” or “better” of equal sides"

  private static func isDecided(_ sides: PairedSides, _ margin: Margin = none) -> Bool {
    Claim.worse.test(sides, margin).holds || Claim.better.test(sides, margin).holds
  }

  private static let rows: [Row] = falseVerdicts + coverage + power + histories

  private static let falseVerdicts: [Row] =
    [4, 5, 8].map { count in
      Row(statement: falseVerdict, data: "\(count) v \(count), no margin", bound: .atMost(0.05)) {
        let values = $0.values(2 * count)
        return isDecided(separate(values.prefix(count), values.suffix(count)))
      }
    }
    + [3, 4, 5].map { blocks in
      Row(statement: falseVerdict, data: "interleaved, \(blocks) blocks", bound: .atMost(0.05)) {
        isDecided(interleaved(blocks, drift: 0, &$0))
      }
    }
    + [3, 4, 5].map { blocks in
      Row(
        statement: falseVerdict, data: "interleaved, \(blocks) blocks, a drift of 0.4 sd a trial",
        bound: .atMost(0.05)
      ) { isDecided(interleaved(blocks, drift: 0.4, &$0)) }
    }
    + [5, 8].map { count in
      Row(
        statement: falseVerdict, data: "\(count) v \(count), 40 % of one side ended early",
        bound: .atMost(0.05)
      ) { generator in
        let values = generator.values(2 * count)
        let ended = values.suffix(count).map { value in
          generator.uniform() < 0.4
            ? BoundedValue.censored(above: generator.uniform() * value.low) : value
        }
        return isDecided(separate(values.prefix(count), ended))
      }
    }
    + [5, 8].map { count in
      Row(
        statement: falseVerdict, data: "\(count) v \(count), both sides of mixed caps", bound: .atMost(0.05)
      ) { generator in
        let values = generator.values(2 * count).map { value in
          let cap = 58 + 6 * generator.uniform()
          return value.low > cap ? .censored(above: cap) : value
        }
        return isDecided(separate(values.prefix(count), values.suffix(count)))
      }
    }
    + [5, 8].map { count in
      Row(
        statement: falseVerdict, data: "\(count) v \(count), bounds of 0.1 sd and ties", bound: .atMost(0.05)
      ) { generator in
        let values = generator.values(2 * count).map(rounded)
        return isDecided(separate(values.prefix(count), values.suffix(count)))
      }
    } + [
      Row(
        statement: falseVerdict, data: "two runs of 5, run-to-run sd = sd, neither margin nor allowance",
        bound: .atLeast(0.2)
      ) { generator in
        // It shows why separate runs need an allowance.
        isDecided(separate(run(of: 5, &generator), run(of: 5, &generator)))
      },
      Row(
        statement: falseVerdict,
        data: "two runs of 5, run-to-run sd = sd, allowance from the 12 pairs of 13 earlier runs",
        bound: .atMost(0.05)
      ) { generator in
        let medians = (0..<13).compactMap { _ in BoundedValue.median(run(of: 5, &generator))?.low }
        let allowance = zip(medians, medians.dropFirst()).map { abs($1 / $0 - 1) }.max() ?? 0
        return isDecided(
          separate(run(of: 5, &generator), run(of: 5, &generator)),
          Margin(relative: 0.1 + allowance, absolute: 0))
      },
    ]
    + [3, 5, 8].map { count in
      Row(
        statement: "“no regression” of a side that is longer by the margin",
        data: "\(count) v \(count), 10 %",
        bound: .atMost(0.05)
      ) { generator in
        let longer = generator.values(count).map { BoundedValue(exactly: $0.low * 1.1) }
        return Claim.noRegression.test(separate(generator.values(count), longer), tenth).holds
      }
    }

  private static let coverage: [Row] =
    [4, 5, 6, 8, 12, 20].map { count in
      Row(
        statement: "the interval has the true difference", data: "\(count) v \(count)", bound: .atLeast(0.94)
      ) { generator in
        contains(3, separate(generator.values(count), generator.values(count, plus: 3)))
      }
    }
    + [5, 12].map { count in
      Row(
        statement: "the interval has the true difference",
        data: "\(count) v \(count), bounds of 0.1 sd and ties",
        bound: .atLeast(0.94)
      ) { generator in
        contains(
          3, separate(generator.values(count).map(rounded), generator.values(count, plus: 3).map(rounded)))
      }
    }
    + [5, 12].map { count in
      Row(
        statement: "the interval has the true difference", data: "\(count) v \(count), censored at 63",
        bound: .atLeast(0.94)
      ) { generator in
        let cut = { (value: BoundedValue) in value.low > 63 ? BoundedValue.censored(above: 63) : value }
        return contains(
          3, separate(generator.values(count).map(cut), generator.values(count, plus: 3).map(cut)))
      }
    }
    + [(5, 0.5), (20, 0.9), (36, 0.99)].map { trials, rate in
      Row(
        statement: "a rate is at least its lower bound", data: "\(trials) trials, true rate \(percent(rate))",
        bound: .atLeast(0.95)
      ) { generator in
        let met = (0..<trials).count { _ in generator.uniform() < rate }
        return Proportion(met, of: trials).low <= rate
      }
    }

  private static let power: [Row] = [(3, 0.75), (5, 0.95), (8, 0.99)].map { count, least in
    Row(
      statement: "“no regression” of equal sides is shown", data: "\(count) v \(count), 10 %, noise of 4 %",
      bound: .atLeast(least)
    ) { generator in
      let sides = separate(
        generator.values(count, deviation: 2.4), generator.values(count, deviation: 2.4))
      return Claim.noRegression.test(sides, tenth).holds
    }
  }

  private static let histories: [Row] =
    [(4, 4), (8, 2), (12, 6)].map { before, after in
      Row(
        statement: "a known change without an effect is called worse or better",
        data: "\(before) runs before, \(after) after", bound: .atMost(0.05)
      ) { isDecided(separate($0.values(before), $0.values(after))) }
    }
    + [4, 6, 11].map { earlier in
      Row(
        statement: "“watch” of a run like the \(earlier) earlier ones, in one direction",
        data: "\(earlier + 1) runs",
        bound: .atMost(1 / Double(earlier + 1))
      ) { generator in
        let values = generator.values(earlier + 1)
        return values.dropLast().allSatisfy { values[earlier].sign(against: $0) > 0 }
      }
    }
    + [8, 12, 24].map { count in
      Row(
        statement: "an unknown change where there is none", data: "\(count) runs, at 1 %",
        bound: .atMost(0.01)
      ) { generator in ChangePoint(generator.values(count)).map { $0.chance <= 0.01 } ?? false }
    }
    + [12, 24].map { count in
      Row(
        statement: "an unknown change of 2 sd is shown", data: "\(count) runs, in the middle",
        bound: .atLeast(count == 12 ? 0.4 : 0.9)
      ) { generator in
        let values = generator.values(count / 2) + generator.values(count / 2, plus: 6)
        return ChangePoint(values).map { $0.chance <= 0.01 } ?? false
      }
    }
    + [6, 12, 24].map { count in
      Row(
        statement: "a rise or a fall where there is none", data: "\(count) runs, at 5 %", bound: .atMost(0.05)
      ) { Trend($0.values(count)).chance <= 0.05 }
    }

  // MARK: Data

  private static func separate(_ base: some Sequence<BoundedValue>, _ candidate: some Sequence<BoundedValue>)
    -> PairedSides
  {
    PairedSides(blocks: [PairedSides.Block(base: Array(base), candidate: Array(candidate))])
  }

  /// Blocks of four, ABBA or BAAB, whose values drift from trial to trial.
  private static func interleaved(_ blocks: Int, drift: Double, _ generator: inout NormalGenerator)
    -> PairedSides
  {
    PairedSides(
      blocks: (0..<blocks).map { block in
        let values = (0..<4).map { trial in
          let time = Double(4 * block + trial)
          return BoundedValue(exactly: 60 + 3 * (generator.normal() + drift * time))
        }
        let (outer, inner) = ([values[0], values[3]], [values[1], values[2]])
        return generator.uniform() < 0.5
          ? PairedSides.Block(base: outer, candidate: inner)
          : PairedSides.Block(base: inner, candidate: outer)
      })
  }

  /// The trials of a run whose mean differs from that of other runs.
  private static func run(of count: Int, _ generator: inout NormalGenerator) -> [BoundedValue] {
    let mean = 3 * generator.normal()
    return generator.values(count, plus: mean)
  }

  /// The bounds of a value that is observed each 0.3.
  private static func rounded(_ value: BoundedValue) -> BoundedValue {
    let low = (value.low / 0.3).rounded(.down) * 0.3
    return BoundedValue(low: low, high: low + 0.3)
  }

  private static func contains(_ difference: Double, _ sides: PairedSides) -> Bool {
    Shift.difference(sides).interval.map { $0.low <= difference && difference <= $0.high } ?? false
  }
}

/// Normal values by the method of Box and Muller, from a seeded generator.
private struct NormalGenerator {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func uniform() -> Double { Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator) }

  mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  /// Exact values about 60.
  mutating func values(_ count: Int, plus shift: Double = 0, deviation: Double = 3) -> [BoundedValue] {
    (0..<count).map { _ in BoundedValue(exactly: 60 + shift + deviation * normal()) }
  }
}
