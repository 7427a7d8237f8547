import CLinux
import Glibc

/// How a process ended; see wait(2).
package enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
  case exited(Int32)
  case signalled(Int32)

  init(status: Int32) {
    let code = clinux_exit_code(status)
    self = code >= 0 ? .exited(code) : .signalled(status & 0x7F)
  }

  package var isSuccess: Bool { self == .exited(0) }

  /// The exit code; nil if a signal ended the process.
  package var code: Int32? { if case .exited(let code) = self { code } else { nil } }

  /// The exit code as a shell reports it: 128 plus the signal's number if a signal ended the process.
  package var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 + signal
    }
  }

  /// For example `exit code 7`, `signal 9 (Killed)`.
  package var description: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
    }
  }
}
