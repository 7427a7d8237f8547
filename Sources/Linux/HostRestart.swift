import CLinux
import Glibc

/// The restart of the host on which this process runs, by reboot(2). It can't be undone, so a process that isn't meant to
/// restart a host has no way to it: only `own` calls reboot(2), only the agent uses `own`, and `own` refuses in each doubt.
package struct HostRestart: Sendable {
  /// Why this process must not, or can't, restart its host; nil if it can.
  package var obstacle: @Sendable () -> String?
  /// Restarts the host. Returns only in a test.
  package var perform: @Sendable () throws -> Void

  package init(obstacle: @escaping @Sendable () -> String?, perform: @escaping @Sendable () throws -> Void) {
    self.obstacle = obstacle
    self.perform = perform
  }

  /// For every program except the agent: refuses.
  package static let none = HostRestart(
    obstacle: { notTheAgent }, perform: { throw HostRestartRefused(reason: notTheAgent) })

  /// The restart of the agent's own host. All is checked again right before the system call.
  ///
  /// - Parameter denial: why the host's owner doesn't allow it; nil if it is allowed.
  package static func own(unless denial: @escaping @Sendable () -> String?) -> HostRestart {
    let obstacle: @Sendable () -> String? = { denial() ?? ownObstacle() }
    return HostRestart(obstacle: obstacle) {
      if let reason = obstacle() { throw HostRestartRefused(reason: reason) }
      try checked("reboot", "this host") { clinux_restart() }
    }
  }

  private static let notTheAgent = "only murphy-agent may reboot a host"

  /// Why reboot(2) would reboot something else than this process's host, or nothing; nil if it would reboot that host.
  private static func ownObstacle() -> String? {
    do {
      // A test or another tool with this code in it.
      let program = try programPath()
      guard ["murphy-agent", "murphy-agent (deleted)"].contains(name(program)) else { return notTheAgent }
      return try namespaceObstacle() ?? permissionObstacle() ?? controllerObstacle()
    } catch {
      return "whether a reboot would hit this host alone can't be checked: \(error)"
    }
  }

  /// The kernel restarts the machine for a process in the first pid namespace, and otherwise ends the process's pid
  /// namespace. Both are this host only if its PID 1 has all namespaces of this process. Otherwise this process is in a
  /// part of another host: namespaces of a test, a container that shares PID 1 with others, a chroot of the build machine.
  private static func namespaceObstacle() throws(SystemError) -> String? {
    for kind in ["pid", "mnt", "net", "uts", "ipc", "user"] {
      let own = try identity("/proc/self/ns/\(kind)")
      let its = try identity("/proc/1/ns/\(kind)")
      if own != its {
        return
          "PID 1 here is not this host's: it has another \(kind) namespace, so a reboot would hit another host"
      }
    }
    let (own, its) = (try identity("/proc/self/root"), try identity("/proc/1/root"))
    return own == its ? nil : "PID 1 here is not this host's: it has another root folder"
  }

  private static func identity(_ path: String) throws(SystemError) -> [UInt64] {
    var found = stat()
    try checked("stat", path) { stat(path, &found) }
    return [UInt64(found.st_dev), UInt64(found.st_ino)]
  }

  private static func permissionObstacle() throws(SystemError) -> String? {
    let path = "/proc/self/status"
    let lines = String(decoding: try DurableFile.read(path), as: UTF8.self).split(separator: "\n")
    guard let line = lines.first(where: { $0.hasPrefix("CapEff:") }),
      let capabilities = UInt64(line.dropFirst(7).filter { !$0.isWhitespace }, radix: 16)
    else { throw SystemError("read", path, errno: EPROTO) }
    // CAP_SYS_BOOT of linux/capability.h.
    return capabilities & 1 << 22 == 0
      ? "the agent may not reboot this host: it has no CAP_SYS_BOOT" : nil
  }

  /// The machine of the controller, or one on which Murphy is built and tested, runs another program of Murphy's.
  private static func controllerObstacle() throws(SystemError) -> String? {
    for pid in try DurableFile.list("/proc").compactMap({ Int32($0) }) {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
      if length < 0 {
        // A kernel thread, or a process that has ended.
        if [ENOENT, ESRCH].contains(errno) { continue }
        throw SystemError("readlink", "/proc/\(pid)/exe", errno: errno)
      }
      let program = name(String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self))
      if program.hasPrefix("murphy"), !program.hasPrefix("murphy-agent") {
        return
          "\(program) runs here (process \(pid)), and a reboot would end it: run murphy on another machine"
      }
    }
    return nil
  }

  private static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}

/// This process doesn't restart its host.
package struct HostRestartRefused: Error, Equatable, CustomStringConvertible {
  package var reason: String
  package init(reason: String) { self.reason = reason }
  package var description: String { "this host is not rebooted: \(reason)" }
}
