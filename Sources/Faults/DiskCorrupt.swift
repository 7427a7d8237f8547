import Glibc
import Linux
import Scenario

/// `disk.corrupt`: bytes of a file are wrong on its disk.
package struct DiskCorrupt: LeasedFault {
  let file: String
  /// How many pieces of the file are wrong.
  let places: Int

  package static let description = FaultDescription(
    name: "disk.corrupt",
    summary:
      "Pieces of a file are wrong on its disk, and nothing reports an error; the revert writes the original bytes back.",
    targets: [.host],
    parameters: [
      .init(
        name: "file", summary: "The file, which the host's policy must name under corruptible.", form: .path,
        standard: nil, isRequired: true, example: .text("/bricks/vms/brick/web.img")),
      .init(
        name: "places", summary: "How many pieces of 16 bytes are wrong, somewhere in the file.",
        form: .count,
        standard: .count(16)),
    ],
    // Murphy can't determine what the platform does with what it reads.
    takesHost: true, extent: .held,
    // No other environment has a file that may be corrupt.
    variants: [
      .init(
        "sixteen places", [:], ["file": .text("/bricks/vms/web.img")],
        observed: .byItsTests(because: "torture's hosts have no brick with cold files"))
    ])

  private static let possible = 1...4096
  private static let impossible =
    "places is a number from \(possible.lowerBound) to \(possible.upperBound)"

  /// The corruption of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .text(let file) = Self.parameter("file", of: step) else {
      throw StepRefused(step, "file names the file whose bytes are changed", of: "file")
    }
    // A policy allows paths by their beginning.
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard file.hasPrefix("/"), parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
      throw StepRefused(step, "file: '\(file)' is not a whole path without . and ..", of: "file")
    }
    guard case .count(let places) = Self.parameter("places", of: step), Self.possible.contains(places)
    else { throw StepRefused(step, Self.impossible, of: "places") }
    self.file = file
    self.places = places
  }

  /// `/bricks/vms/brick/web.img (16 places)`.
  package var object: String { "\(file) (\(places) \(places == 1 ? "place" : "places"))" }
  package var footprint: [Resource] { [Resource(.content, file)] }
  package var undoing: String {
    "writes the original bytes back, except where another program has written meanwhile; "
      + "what was read meanwhile isn't repaired"
  }
  package var reversal: Reversal { .restore }
  package var kernelRevert: KernelRevert {
    .survivesBoot(because: "bytes that were written stay on the disk")
  }
  /// The agent and its connection read nothing there.
  package var pathLoss: PathLoss { .never }
  /// Nothing announces that a program writes.
  package var signals: Set<EffectSignal> { [] }
  /// Each observation reads all places from the disk.
  package var lookInterval: Nanoseconds { .seconds(1) }
  /// The bytes must be on the disk.
  package var effectPatience: Nanoseconds { .seconds(60) }

  /// The data for the revert.
  struct Undo: Codable, Sendable {
    var file: CorruptFile
    var pieces: [CorruptFile.Piece]
  }

  /// Whether the file is a file by this path, isn't Murphy's own, and has enough data.
  package func missing(using instruments: Instruments) -> [String] {
    // An assignment may come from any controller.
    if !Self.possible.contains(places) { return [Self.impossible] }
    do {
      if file.hasPrefix(instruments.leaseFolder + "/") {
        return ["\(file) is in the folder of the leases (\(instruments.leaseFolder)): choose another file"]
      }
      let found = try CorruptFile(at: file)
      try found.requireNoOther(using: instruments)
      _ = try found.drawPieces(places)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  func snapshot(for lease: String, using instruments: Instruments) throws -> Undo {
    let found = try CorruptFile(at: file)
    return Undo(file: found, pieces: try found.drawPieces(places))
  }

  var injection: Injection<Undo> {
    .untilReverted(because: "bytes that were written stay on the disk", byDaemon: false) {
      undo, instruments in
      try undo.file.requireNoOther(using: instruments)
      try undo.file.replace(undo.pieces, from: { $0.original }, to: { $0.corrupt }, isStrict: true)
    }
  }

  /// Whether every piece is wrong on the disk, past the page cache.
  func effect(_ undo: Undo, using instruments: Instruments) throws -> EffectState {
    guard let wrong = try undo.file.count(undo.pieces, with: { $0.corrupt }) else {
      return .inactive(because: "\(undo.file.path) is gone")
    }
    let all = undo.pieces.count
    return wrong == all
      ? .active(evidence: "\(all) places of \(undo.file.path) are wrong on its disk")
      : .inactive(
        because: "\(all - wrong) of \(all) places of \(undo.file.path) are not as the fault wrote them")
  }

  /// Writes the original bytes where the wrong ones still are. What another program has written stays.
  static func revert(_ undo: Undo, using instruments: Instruments) throws {
    try undo.file.replace(undo.pieces, from: { $0.corrupt }, to: { $0.original }, isStrict: false)
  }

  static func residue(_ undo: Undo, using instruments: Instruments) throws -> [String] {
    let wrong = try undo.file.count(undo.pieces, with: { $0.corrupt }) ?? 0
    return wrong == 0 ? [] : ["\(wrong) places of \(undo.file.path) are wrong on its disk"]
  }
}
