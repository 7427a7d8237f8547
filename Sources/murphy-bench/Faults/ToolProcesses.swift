import Glibc
import IsolatedHost
import Linux

/// The processes with the same effect as the bare calls, measured from start to end.
struct ToolProcesses {
  static let ip = "ip link set DEV down"
  static let element = "nft add element …"
  static let table = "nft -f, a whole table"

  private let bare: BareCalls
  private static let file = "/run/bench.nft"

  /// Writes the table that nft will read.
  init(_ bare: BareCalls) throws {
    self.bare = bare
    try DurableFile.write(Array(try bare.tableText().utf8), to: Self.file)
  }

  /// Measures each process once.
  func measure(into figures: inout Figures) throws {
    try figures.add(
      .process, Self.ip, limit: BareCalls.linkDown,
      time { try run(["ip", "link", "set", IsolatedHost.links[0], "down"]) })
    try bare.linksUp()
    try figures.add(
      .process, Self.element, limit: BareCalls.element, time { try run(["nft"] + bare.elementWords) })
    try bare.removeElement()
    try figures.add(
      .process, Self.table, limit: BareCalls.table, time { try run(["nft", "-f", Self.file]) })
    try bare.removeTable()
  }

  private func run(_ arguments: [String]) throws {
    let child = try ChildProcess(arguments, errors: .inherited)
    if let end = try child.wait(), !end.isSuccess {
      throw BenchFailed("\(arguments.joined(separator: " ")) ended with \(end)")
    }
  }
}

/// A step that a measurement depends on failed.
struct BenchFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
