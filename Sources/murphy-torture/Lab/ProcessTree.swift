import Glibc
import Linux

/// A process according to /proc.
struct SeenProcess: Equatable {
  var identity: ProcessIdentity
  var arguments: [String]

  var pid: Int32 { identity.pid }
  /// The file name of its executable.
  var program: Substring { arguments.first?.split(separator: "/").last ?? "" }
  var isWatchdog: Bool { arguments.count == 6 && arguments[1] == "watch" }
  /// Whether it performs the fault of a lease.
  var isPerformer: Bool { arguments.count == 3 && arguments[1] == "perform" }
  var isAgent: Bool { program == "murphy-agent" && arguments.count == 1 }
  /// Whether it is the agent that a controller started on its machine.
  var isAgentOfController: Bool { program == "murphy-agent" && arguments.dropFirst().first == "controller" }

  init?(_ pid: Int32) {
    guard let bytes = try? DurableFile.read("/proc/\(pid)/cmdline"), !bytes.isEmpty,
      let identity = try? ProcessIdentity(pid: pid)
    else { return nil }
    self.identity = identity
    arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The processes of a pid namespace, identified by its inode, and of those below it.
  static func inNamespace(_ inode: UInt64) -> [SeenProcess] {
    ((try? DurableFile.list("/proc")) ?? []).compactMap { Int32($0) }
      .filter { namespace(of: $0) == inode }.compactMap(SeenProcess.init)
  }

  static func namespace(of pid: Int32) -> UInt64? {
    var status = stat()
    return stat("/proc/\(pid)/ns/pid", &status) == 0 ? UInt64(status.st_ino) : nil
  }

  /// The children of a process; see /proc/PID/task/TID/children in proc(5).
  static func children(of pid: Int32) -> [SeenProcess] {
    ((try? DurableFile.list("/proc/\(pid)/task")) ?? []).flatMap { task in
      let bytes = (try? DurableFile.read("/proc/\(pid)/task/\(task)/children")) ?? []
      return bytes.split(separator: UInt8(ascii: " ")).compactMap {
        Int32(String(decoding: $0, as: UTF8.self))
      }
    }.compactMap(SeenProcess.init)
  }
}

extension ProcessIdentity {
  /// Whether it exists and is neither dead nor stopped.
  var isActive: Bool {
    guard let state = try? state() else { return false }
    return !"Tt".contains(state)
  }

  var isThere: Bool { (try? state()) != nil }
}
