import Glibc
import Linux
import Scenario

/// `noise.io`: small writes keep a disk busy.
package struct NoiseIO: ProcessFault {
  /// A folder of the file system.
  let folder: String
  let writers: Int

  package static let description = FaultDescription(
    name: "noise.io",
    summary:
      "Random writes of 4 KiB, each of which waits for the disk, compete with all others for a file system's disk.",
    targets: [.host],
    parameters: [
      .init(
        name: "folder", summary: "A folder of the file system.", form: .path, standard: nil, isRequired: true,
        example: .text("/var/lib/libvirt/images")),
      .init(
        name: "writers", summary: "How many writes are in progress at the same time.", form: .count,
        standard: .count(4)),
    ],
    // Cluster and storage may give up a host whose disk answers late.
    takesHost: true, extent: .held,
    // No other environment has a separate disk.
    variants: [
      .init(
        "four writers", [:], ["writers": .count(4)],
        observed: .byItsTests(
          because:
            "it has a process of its lease, like noise.cpu, and leaves nothing else to observe but its file"))
    ])

  /// The noise of a step.
  package init(_ step: Step, on host: Fleet.Host, in fleet: Fleet) throws(StepRefused) {
    guard case .text(let folder) = Self.parameter("folder", of: step) else {
      throw StepRefused(
        step, "folder names a folder of the file system whose disk is kept busy", of: "folder")
    }
    guard case .count(let writers) = Self.parameter("writers", of: step), Self.possible.contains(writers)
    else { throw StepRefused(step, Self.impossible, of: "writers") }
    self.folder = folder
    self.writers = writers
  }

  private static let possible = 1...64
  private static let impossible =
    "writers is a number from \(possible.lowerBound) to \(possible.upperBound)"
  /// The size of each writer's file, and of a write.
  private static let fileLength: Int64 = 64 << 20
  private static let writeLength: Int64 = 4096

  /// `/var/lib/libvirt/images (4 writers)`.
  package var object: String { "\(folder) (\(writers) \(writers == 1 ? "writer" : "writers"))" }
  package var footprint: [Resource] { [Resource(.folder, folder)] }
  package var undoing: String {
    "ends the process that writes; its files have no names, so they are deleted with the process"
  }
  package var lookInterval: Nanoseconds { .milliseconds(250) }
  /// Some file systems allocate slowly.
  package var effectPatience: Nanoseconds { .seconds(60) }

  /// Whether the folder is on a disk that has space for the files and as much again.
  package func missing(using instruments: Instruments) -> [String] {
    // An assignment may come from any controller.
    if !Self.possible.contains(writers) { return [Self.impossible] }
    do {
      let disk = try Disk(of: folder)
      if disk.type == Disk.memory { return ["\(folder) is in memory (tmpfs), not on a disk: choose another"] }
      let needed = 2 * Int64(writers) * Self.fileLength
      let free = try disk.space().free
      if free < needed {
        return [
          "\(folder) has \(free / 1_000_000)MB free, and \(writers) writers need \(needed / 1_000_000)MB: write fewer writers"
        ]
      }
      _ = try Descriptor(open: folder, O_RDWR | Disk.unnamedFile)
      return []
    } catch {
      return ["\(error)"]
    }
  }

  /// The writers end with the process, which ends when this returns, or if one of them fails.
  func perform(_ undo: ProcessUndo, pause: (Nanoseconds) throws -> Bool, using instruments: Instruments)
    throws
  {
    let folder = folder
    for _ in 0..<writers {
      try startThread(named: "writer") {
        do throws(SystemError) {
          try Self.write(to: folder)
        } catch {
          printToStandardError("murphy-agent: noise.io: \(error)")
          _exit(1)
        }
      }
    }
    while try pause(.seconds(60)) {}
  }

  /// Writes without end to a file that ends with its descriptor; see O_TMPFILE in open(2).
  private static func write(to folder: String) throws(SystemError) {
    let file = try Descriptor(open: folder, O_RDWR | O_DSYNC | Disk.unnamedFile)
    // The blocks exist before, so that the disk isn't busy with the file system's records of the file.
    try file.allocate(fileLength, named: "a file in \(folder)")
    // Not zeros, which some storage doesn't write.
    let bytes = (0..<writeLength).map { _ in UInt8.random(in: 0 ... .max) }
    while true {
      let offset = writeLength * Int64.random(in: 0..<fileLength / writeLength)
      try checked("pwrite", folder) { pwrite(file.number, bytes, bytes.count, off_t(offset)) }
    }
  }

  var evidence: String { "a process of this lease writes to \(folder)" }
}
