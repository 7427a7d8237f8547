import Glibc
import Linux

/// Figures of other processes, by proc(5).
enum ProcessFigures {
  /// Clock ticks of processor time per second.
  static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

  /// The processor time of a process without its children, in clock ticks. Valid until it is reaped.
  static func ticks(of pid: Int32) throws -> Int {
    let text = String(decoding: try DurableFile.read("/proc/\(pid)/stat"), as: UTF8.self)
    // The name, which may have spaces, is in parentheses. The state is the first field after it, utime the 12th.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
      throw BenchFailed("/proc/\(pid)/stat has no processor time: \(text)")
    }
    return user + system
  }

  /// The children of a process that its main thread has started.
  static func children(of pid: Int32) throws -> [Int32] {
    let text = String(decoding: try DurableFile.read("/proc/\(pid)/task/\(pid)/children"), as: UTF8.self)
    return text.split(separator: " ").compactMap { Int32($0) }
  }

  /// A line's value in KiB; nil if the process has ended.
  static func kibibytes(_ key: String, in file: String) -> Int? {
    guard let bytes = try? DurableFile.read(file) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
    return nil
  }
}
