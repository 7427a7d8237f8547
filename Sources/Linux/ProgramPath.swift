import Glibc

/// The path of this process's executable, to start it again under another program; see /proc/PID/exe in proc(5).
package func programPath() throws(SystemError) -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = try checked("readlink", "/proc/self/exe") { readlink("/proc/self/exe", &buffer, buffer.count) }
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
