import Glibc
import Linux

/// The process that a fault hits: all that its effect and its revert need.
struct HitProcess: Codable, Sendable, CustomStringConvertible {
  /// The process, beyond a reuse of its id.
  var process: ProcessIdentity
  /// The unit or executable by which it was chosen.
  var name: String

  /// `process 1234 (/usr/sbin/glusterfsd)`.
  var description: String { "process \(process.pid) (\(name))" }

  /// The state that the kernel shows; nil, Z or X if nothing of it runs.
  func state() throws(SystemError) -> Character? { try process.state() }

  /// Hits it.
  ///
  /// - Throws: `ProcessEnded` if it has ended; `SystemError`.
  func hit(_ signal: Int32) throws {
    if try !process.signal(signal) { throw ProcessEnded(pid: process.pid, name: name) }
  }
}

/// A process that ended before it could be hit.
struct ProcessEnded: Error, Equatable, CustomStringConvertible {
  var pid: Int32
  var name: String
  var description: String { "process \(pid) (\(name)) ended before it could be hit: start it and run again" }
}
