import CLinux
import Glibc

/// Starts a program with just the given standard descriptors; see posix_spawn(3).
///
/// - Parameters:
///   - arguments: the program, searched in PATH, and its arguments; no shell reads them.
///   - newSession: whether it leads a session of its own, so that signals to the caller's don't reach it.
/// - Returns: the process id, which the caller reaps.
package func spawn(
  _ arguments: [String], environment: [String: String], input: Int32, output: Int32, errors: Int32,
  newSession: Bool = false
) throws(SystemError) -> Int32 {
  let argv = arguments.map { strdup($0) } + [nil]
  let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for pointer in argv + envp { free(pointer) } }
  var pid: pid_t = 0
  let result = clinux_spawn(&pid, argv[0], argv, envp, input, output, errors, newSession ? 1 : 0)
  if result != 0 { throw SystemError("spawn", arguments.first ?? "", errno: result) }
  return pid
}

/// Waits for a child to end: its exit code, or -1 where a signal ended it; see waitpid(2).
package func reap(_ pid: Int32) throws(SystemError) -> Int32 {
  var status: Int32 = 0
  try checked("waitpid", "\(pid)") { waitpid(pid, &status, 0) }
  return clinux_exit_code(status)
}

/// The file that this process runs, for starting it anew under another program; see /proc/PID/exe in proc(5).
package func programPath() throws(SystemError) -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = try checked("readlink", "/proc/self/exe") { readlink("/proc/self/exe", &buffer, buffer.count) }
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
