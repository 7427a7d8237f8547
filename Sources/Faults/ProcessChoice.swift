import FoundationEssentials
import Glibc
import Linux
import Scenario

/// The process that a fault hits: the main process of a systemd unit, or the only process that runs an executable with
/// certain arguments.
struct ProcessChoice: Codable, Hashable, Sendable {
  /// The unit, with its suffix.
  let unit: String?
  /// The absolute path of the executable.
  let executable: String?
  /// A pattern of fnmatch(3) for all arguments after the command's name, joined by spaces; nil for any.
  let arguments: String?

  static let parameters = [
    FaultParameter(
      name: "unit", summary: "The systemd unit whose main process is hit.", form: .line("UNIT"), standard: nil
    ),
    FaultParameter(
      name: "executable",
      summary: "The executable of the process that is hit. Exactly one process must run it.", form: .path,
      standard: nil, example: .text("/usr/sbin/glusterd")),
    FaultParameter(
      name: "arguments",
      summary:
        "A pattern, with * and ?, for the arguments of that process, joined by spaces, if several processes run the executable.",
      form: .line("PATTERN"), standard: nil),
  ]
  static let exactlyOne = [["unit", "executable"]]
  static let companions = ["arguments": ["executable"]]

  init(_ parameters: [String: ParameterValue], of step: Step) throws(StepRefused) {
    func text(_ key: String) -> String? {
      if case .text(let text)? = parameters[key] { text } else { nil }
    }
    // Completed as systemctl(1) completes a name.
    unit = text("unit").map { $0.contains(".") ? $0 : "\($0).service" }
    executable = text("executable")
    arguments = text("arguments")
    guard (unit == nil) != (executable == nil) else {
      throw StepRefused(step, "name the process by either unit or executable", of: "unit", "executable")
    }
  }

  init(executable: String, arguments: String) {
    unit = nil
    self.executable = executable
    self.arguments = arguments
  }

  /// The unit or the path of the executable, as a policy lists it.
  var name: String { unit ?? executable ?? "" }
  /// For display: `/usr/sbin/qemu with *guest=web*`.
  var words: String { arguments.map { "\(name) with \($0)" } ?? name }

  /// Finds the process.
  ///
  /// - Throws: `ProcessRefused` if there isn't exactly one, or if it must not be hit; `UnitRefused`; `SystemError` if
  ///   this process may not signal it.
  func find(using instruments: Instruments) throws -> FoundProcess {
    let found: FoundProcess
    if let unit {
      found = try FoundProcess(pid: try instruments.systemd.unit(unit).mainPID)
    } else {
      let matches = try all()
      guard let one = matches.first, matches.count == 1 else {
        throw ProcessRefused.matches(words, matches)
      }
      found = one
    }
    if let reason = try found.need() { throw ProcessRefused.needed(found, reason) }
    // The null signal only checks the permission; see kill(2).
    guard try found.identity.signal(0) else { throw ProcessRefused.matches(words, []) }
    return found
  }

  /// Every process that matches, except those that have ended.
  func all() throws -> [FoundProcess] {
    guard let executable else { return [] }
    // /proc shows the executable's path without symbolic links. An executable that was replaced meanwhile has no path.
    let place = realpath(executable, nil).map { path in
      defer { free(path) }
      return String(cString: path)
    }
    let paths = Set([executable, place ?? executable].flatMap { [$0, "\($0) (deleted)"] })
    return try DurableFile.list("/proc").compactMap { Int32($0) }.sorted().compactMap {
      pid -> FoundProcess? in
      do throws(SystemError) {
        // Kernel threads have no executable.
        guard let path = try FoundProcess.executable(of: pid), paths.contains(path) else { return nil }
        let found = try FoundProcess(pid: pid)
        if try found.identity.state() == nil { return nil }
        if let arguments, fnmatch(arguments, found.arguments.joined(separator: " "), 0) != 0 { return nil }
        return found
      } catch {
        // The process ended during the search.
        if [ENOENT, ESRCH].contains(error.errno) { return nil }
        throw error
      }
    }
  }
}

/// A matching process.
struct FoundProcess: Hashable, Sendable, CustomStringConvertible {
  /// The identity of the process, which differs from that of a later process with the same id.
  let identity: ProcessIdentity
  /// Its arguments, without the command's name.
  let arguments: [String]

  init(pid: Int32) throws(SystemError) {
    identity = try ProcessIdentity(pid: pid)
    let line = try DurableFile.read("/proc/\(pid)/cmdline")
    arguments = line.split(separator: 0, omittingEmptySubsequences: false).dropFirst().map {
      String(decoding: $0, as: UTF8.self)
    }.filter { !$0.isEmpty }
  }

  /// `1234 (--name web)`, for a list of matches.
  var description: String {
    let words = arguments.joined(separator: " ").prefix(80)
    return words.isEmpty ? "\(identity.pid)" : "\(identity.pid) (\(words))"
  }

  /// The path of a process's executable; nil for a kernel thread, or if it can't be read.
  static func executable(of pid: Int32) throws(SystemError) -> String? {
    let link = "/proc/\(pid)/exe"
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(link, &buffer, buffer.count)
    if length >= 0 {
      return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    // A process that even root may not examine, for example in a container, is never chosen.
    if [ENOENT, EACCES, EPERM].contains(errno) { return nil }
    throw SystemError("readlink", link, errno: errno)
  }

  /// Why the process is needed by Murphy or by the host; nil if it isn't.
  func need() throws(SystemError) -> String? {
    if identity.pid == 1 { return "PID 1 is the host itself" }
    var own = stat()
    var its = stat()
    try checked("stat", "/proc/self/exe") { stat("/proc/self/exe", &own) }
    // A kernel thread has no arguments.
    if stat("/proc/\(identity.pid)/exe", &its) == 0, own.st_dev == its.st_dev, own.st_ino == its.st_ino {
      return "it is an agent or a watchdog of Murphy's"
    }
    var pid = getpid()
    while pid > 1 {
      if pid == identity.pid { return "it is a parent of Murphy's own agent" }
      pid = try Self.parent(of: pid)
    }
    return nil
  }

  private static func parent(of pid: Int32) throws(SystemError) -> Int32 {
    let path = "/proc/\(pid)/stat"
    let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
    // The command's name may contain anything, so fields are counted from the last bracket: state, then the parent.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 2, let parent = Int32(fields[2]) else {
      throw SystemError("read", path, errno: EPROTO)
    }
    return parent
  }
}

/// Why a fault can't hit a process.
enum ProcessRefused: Error, Equatable, CustomStringConvertible {
  /// There isn't exactly one: the words of the choice, and the matching processes.
  case matches(String, [FoundProcess])
  /// The process must not be hit, for this reason.
  case needed(FoundProcess, String)
  /// The process is stopped already.
  case stopped(FoundProcess)

  var description: String {
    switch self {
    case .matches(let words, let found) where found.isEmpty:
      "no process here runs \(words): start it, or correct executable and arguments"
    case .matches(let words, let found):
      "\(found.count) processes here run \(words), and only one may match: "
        + "\(found.map(\.description).joined(separator: ", ")); write arguments that only one of them has"
    case .needed(let process, let reason): "process \(process) can't be hit: \(reason). Choose another"
    case .stopped(let process):
      "process \(process) is stopped already: continue it (kill -CONT), or choose another"
    }
  }
}
