import Scenario

/// A line of the table.
struct FanOutLine: CustomStringConvertible {
  let agents: Int
  /// From the first connection until all hosts were connected, surveyed and checked.
  let ready: Nanoseconds
  /// From the first host's effect to the last.
  let spread: Nanoseconds
  /// From the first request to the last effect.
  let latest: Nanoseconds
  /// The controller's processor time in the whole run, with the report; in seconds.
  let processor: Double
  /// The controller's processor time while all hosts are connected and nothing happens, as a share of one processor.
  let share: Double
  /// The controller's peak memory, in KiB.
  let memory: Int
  /// The memory of all ssh processes, in KiB; shared pages count once.
  let sshMemory: Int
  /// The processor time of all ssh processes until the faults, in seconds.
  let sshProcessor: Double

  static let heads = row([
    "agents", "ready", "first to last", "step to last", "processor", "at rest", "memory", "ssh memory",
    "ssh processor",
  ])

  var description: String {
    Self.row([
      "\(agents)", Self.decimal(ready.inSeconds, 1) + " s", Self.milliseconds(spread),
      Self.milliseconds(latest), Self.decimal(processor, 2) + " s", Self.decimal(share * 100, 1) + " %",
      Self.megabytes(memory), Self.megabytes(sshMemory), Self.decimal(sshProcessor, 1) + " s",
    ])
  }

  /// Straight lines through the controller's figures, by least squares; empty for less than two numbers of agents.
  static func fits(_ lines: [FanOutLine]) -> [String] {
    let figures: [(name: String, unit: String, places: Int, value: (FanOutLine) -> Double)] = [
      ("processor", "s", 4, \.processor), ("at rest", "%", 3, { $0.share * 100 }),
      ("memory", "MB", 3, { Double($0.memory) * 1024 / 1e6 }),
    ]
    return figures.compactMap { figure in
      let points = lines.map { (x: Double($0.agents), y: figure.value($0)) }
      guard let fit = LineFit(points) else { return nil }
      return "\(figure.name): \(decimal(fit.offset, figure.places)) + \(decimal(fit.slope, figure.places)) "
        + "\(figure.unit) for each agent; at most \(decimal(fit.deviation, figure.places)) from this line"
    }
  }

  private static func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(14 - $0.count, 1)) + $0 }.joined()
  }

  private static func milliseconds(_ span: Nanoseconds) -> String {
    decimal(span.inSeconds * 1000, 1) + " ms"
  }

  private static func megabytes(_ kibibytes: Int) -> String {
    decimal(Double(kibibytes) * 1024 / 1e6, 1) + " MB"
  }

  private static func decimal(_ value: Double, _ places: Int) -> String {
    var unit = 1.0
    for _ in 0..<places { unit *= 10 }
    let rounded = Int((abs(value) * unit).rounded())
    let digits = String(rounded)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (value < 0 && rounded > 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
  }
}

/// A straight line through points, by least squares.
struct LineFit {
  let offset: Double
  let slope: Double
  /// The greatest distance of a point from the line.
  let deviation: Double

  /// Nil unless the points have two different values of `x`.
  init?(_ points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    let squares = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    guard squares > 0 else { return nil }
    let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / squares
    let offset = meanY - slope * meanX
    self.slope = slope
    self.offset = offset
    deviation = points.map { abs($0.y - offset - slope * $0.x) }.max() ?? 0
  }
}
