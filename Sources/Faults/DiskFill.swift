import Glibc
import Linux
import Scenario

/// `disk.fill`: a file system of a host is full.
package struct DiskFill: ProcessFault {
  /// A folder of the file system.
  let folder: String
  /// How many bytes stay free.
  let leave: Int64

  package static let description = FaultDescription(
    name: "disk.fill",
    summary:
      "A file without a name takes the free space of a file system, except for 'leave', and ends with the fault.",
    targets: [.host],
    parameters: [
      .init(
        name: "folder", summary: "A folder of the file system.",
        form: .path, standard: nil, isRequired: true, example: .text("/var/lib/libvirt/images")),
      .init(
        name: "leave", summary: "The space that stays free for users other than root, such as 500MB.",
        form: .line("SIZE"), standard: .text("0MB")),
    ],
    // Murphy can't determine which of a host's services write there.
    takesHost: true, extent: .held,
    variants: [.init("to the last byte", [:], ["leave": .text("0MB")], observed: .onHost(.diskFull))])

  /// The filling of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .text(let folder) = Self.parameter("folder", of: step) else {
      throw StepRefused(step, "folder names a folder of the file system that is filled", of: "folder")
    }
    self.folder = folder
    guard case .text(let size) = Self.parameter("leave", of: step) else {
      throw StepRefused(step, "leave is a size such as 500MB", of: "leave")
    }
    leave = try Self.size(size, of: step)
  }

  private static func size(_ text: String, of step: Step) throws(StepRefused) -> Int64 {
    for (unit, factor) in [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)] as [(String, Int64)]
    where text.hasSuffix(unit) {
      guard let number = Int64(text.dropLast(2)), number >= 0 else { break }
      let (value, isTooGreat) = number.multipliedReportingOverflow(by: factor)
      if !isTooGreat { return value }
    }
    throw StepRefused(
      step, "leave is a whole number of kB, MB or GB, such as 500MB: found '\(text)'", of: "leave")
  }

  /// `/var/lib/libvirt/images (500MB stay free)`.
  package var object: String {
    "\(folder) (\(leave % 1_000_000 == 0 ? "\(leave / 1_000_000)MB" : "\(leave / 1000)kB") stay free)"
  }
  package var footprint: [Resource] { [Resource(.folder, folder)] }
  package var undoing: String {
    "ends the process that has the file open; the file has no name, so it is deleted with the process"
  }
  package var lookInterval: Nanoseconds { .milliseconds(250) }
  /// Some file systems allocate slowly.
  package var effectPatience: Nanoseconds { .seconds(60) }

  /// Whether the folder is on another file system than the leases, and has more space than is left.
  package func missing(using instruments: Instruments) -> [String] {
    do {
      let disk = try Disk(of: folder)
      if let reason = try disk.refusal(using: instruments) { return [reason] }
      let free = try disk.space().free
      if free <= leave {
        return ["\(folder) has \(free / 1000)kB free, no more than the rest: nothing to fill"]
      }
      try unnamedFile().allocate(4096, named: "a file in \(folder)")
      return []
    } catch {
      return ["\(error)"]
    }
  }

  /// A file that ends with its descriptor; see O_TMPFILE in open(2).
  private func unnamedFile() throws(SystemError) -> Descriptor {
    try Descriptor(open: folder, O_RDWR | Disk.unnamedFile)
  }

  func perform(_ undo: ProcessUndo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments)
    throws
  {
    let disk = try Disk(of: folder)
    let file = try unnamedFile()
    var length: Int64 = 0
    // A file system needs some of the space for its own records of the file, and may count it only afterwards.
    var share: Int64 = 100
    for _ in 0..<32 where share > 0 {
      let missing = (try disk.space().free - leave) * share / 100
      if missing < 4096 { break }
      do throws(SystemError) {
        try file.allocate(missing, from: length, named: "a file in \(folder)")
        length += missing
        share = 100
      } catch {
        if error.errno != ENOSPC { throw error }
        share = share * 3 / 4
      }
    }
    while try pause(.seconds(60)) {}
    try checked("ftruncate", folder) { ftruncate(file.number, 0) }
  }

  var evidence: String { "the file system of \(folder) has no more than the rest free" }

  /// Another program may have deleted files, or the file isn't complete yet.
  func deviation(using instruments: Instruments) throws -> String? {
    let (free, total) = try Disk(of: folder).space()
    // Services that stop writing may delete their temporary files.
    return free <= leave + max(total / 50, 1 << 20) ? nil : "\(folder) has \(free / 1_000_000)MB free"
  }
}
