import Glibc
import Linux

/// A brick of a Gluster volume that runs on a host, by the arguments with which glusterd started its process.
struct GlusterBrick {
  /// The program of bricks. Gluster's clients and its management daemon are the same program with other arguments.
  static let executable = "/usr/sbin/glusterfsd"

  /// Its process.
  let process: FoundProcess
  /// Volume, host and folder, as glusterd names the brick: `vms.10.77.1.11.bricks-vms`.
  let id: String
  let folder: String

  /// The running bricks of a volume.
  ///
  /// - Throws: `BrickRefused.name`, since an assignment may come from any controller; `SystemError`.
  static func all(of volume: String) throws -> [GlusterBrick] {
    if !isName(volume) { throw BrickRefused.name }
    // A name has no dot, so no other volume's begins with this one and a dot.
    let choice = ProcessChoice(executable: executable, arguments: "*--volfile-id \(volume).*")
    return try choice.all().compactMap(Self.init)
  }

  private init?(_ process: FoundProcess) {
    guard let id = process.argument(after: "--volfile-id"),
      let folder = process.argument(after: "--brick-name")
    else { return nil }
    self.process = process
    self.id = id
    self.folder = folder
  }

  /// The files, `VOLUME/HOST-FOLDER.pid`, of other bricks that this process serves too: glusterd's option
  /// `cluster.brick-multiplex` gives all bricks of a host one process. Empty if it serves only its own.
  func others() throws(SystemError) -> [String] {
    guard let file = process.argument(after: "-p") else { return [] }
    // The brick may be in another mount namespace than this process, like a container's, out of which the symbolic link
    // /var/run would lead.
    let root = "/proc/\(process.identity.pid)/root"
    let parts = (file.hasPrefix("/var/run/") ? file.dropFirst(4) : file[...]).split(separator: "/")
    guard parts.count > 2 else { return [] }
    let own = parts.suffix(2).joined(separator: "/")
    let volumes = root + "/" + parts.dropLast(2).joined(separator: "/")
    guard let number = try Self.number(in: "\(volumes)/\(own)") else { return [] }
    var others: [String] = []
    for volume in try DurableFile.list(volumes) {
      for name in try DurableFile.list("\(volumes)/\(volume)") where name.hasSuffix(".pid") {
        let other = "\(volume)/\(name)"
        if other != own, try Self.number(in: "\(volumes)/\(other)") == number { others.append(other) }
      }
    }
    return others
  }

  /// The number in a pid file; nil if there is no such file.
  private static func number(in file: String) throws(SystemError) -> Int32? {
    do throws(SystemError) {
      return Int32(String(decoding: try DurableFile.read(file), as: UTF8.self).filter(\.isNumber))
    } catch {
      if [ENOENT, ENOTDIR].contains(error.errno) { return nil }
      throw error
    }
  }

  /// Whether Gluster accepts a volume's name. gluster(8) would take `-…` for an option, and some options name files that it
  /// writes.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.hasPrefix("-") && text.utf8.count <= 255
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || [UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
      }
  }
}

extension FoundProcess {
  /// The argument after an option.
  fileprivate func argument(after option: String) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
  }
}

/// The client of a host's glusterd, gluster(8).
struct GlusterClient: Sendable {
  /// The program, with the arguments that precede a command.
  var program = ["gluster", "--mode=script"]

  /// glusterd answers this without the lock of the cluster.
  ///
  /// - Throws: `ProcessFailure` if the volume doesn't exist, or glusterd doesn't answer.
  func checkVolume(_ name: String) throws(ProcessFailure) {
    try run(["volume", "info", name], within: .seconds(10))
  }

  /// Starts the volume's bricks that don't run, on every host; those that run stay as they are.
  ///
  /// - Throws: `ProcessFailure`, also if another program has the lock of the cluster, or a peer doesn't answer in time.
  func startBricks(of volume: String) throws(ProcessFailure) {
    try run(["volume", "start", volume, "force"], within: .seconds(30))
  }

  /// gluster reports its errors on stderr or on stdout.
  private func run(_ arguments: [String], within limit: Duration) throws(ProcessFailure) {
    let command = program + arguments
    let outcome = try ChildProcess.run(
      command, environment: ToolEnvironment.bare, errors: .output, within: limit)
    if !outcome.end.isSuccess {
      throw ProcessFailure(command, .ended(outcome.end), errors: outcome.outputText)
    }
  }
}
