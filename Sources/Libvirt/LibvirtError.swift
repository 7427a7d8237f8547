internal import CLibvirt
import Glibc

/// The error of a failed libvirt call.
///
/// Match on ``code``, but not only on one driver's code: for the same failure, QEMU's driver reports
/// ``Code/operationInvalid`` and the test driver ``Code/internalError``.
///
/// Source: `virError` in `libvirt/virterror.h`.
package struct LibvirtError: Error, Hashable, Sendable {
  /// For example ``Code/noDomain``.
  package let code: Code
  /// The part of libvirt that raised the error, for example ``ErrorDomain/qemu``.
  package let domain: ErrorDomain
  /// The severity that libvirt gives the failure.
  package let level: Level
  /// libvirt's own text, for display.
  package let message: String
  /// The `errno`, if a system call failed (``Code/systemError``).
  package let errno: Int32?
  /// The operation, as a verb phrase: `suspend`, `look up`.
  package let operation: String
  /// The object and its place: `domain web at qemu:///system`.
  package let object: String

  /// The severity that libvirt gives a failure (`virErrorLevel`).
  package enum Level: Hashable, Sendable {
    /// The call failed, but libvirt reports the cause as a warning.
    case warning
    /// The call failed.
    case error
    /// A level that this binding doesn't have.
    case other(UInt32)
  }

  /// The error that libvirt keeps for the calling thread.
  ///
  /// The slot is thread-local and the next call overwrites it, so this must run right after the failed call, with no
  /// suspension point in between.
  static func last(_ operation: String, _ object: String) -> LibvirtError {
    guard let raw = virGetLastError()?.pointee else {
      return LibvirtError(
        code: .ok, domain: .none, level: .error, message: "libvirt gave no reason", errno: nil,
        operation: operation, object: object)
    }
    let code = Code(rawValue: raw.code)
    return LibvirtError(
      code: code, domain: ErrorDomain(rawValue: raw.domain), level: Level(raw.level),
      message: raw.message.map { String(cString: $0) } ?? "libvirt gave no reason",
      errno: code == .systemError && raw.int1 > 0 ? raw.int1 : nil,
      operation: operation, object: object)
  }
}

extension LibvirtError.Level {
  init(_ level: virErrorLevel) {
    switch level {
    case VIR_ERR_WARNING: self = .warning
    case VIR_ERR_ERROR: self = .error
    default: self = .other(level.rawValue)
    }
  }
}

extension LibvirtError: CustomStringConvertible {
  /// One line: operation, object, reason, libvirt's numbers and, if known, the next step.
  package var description: String {
    var text = "cannot \(operation) \(object): \(message) (libvirt error \(code.rawValue)"
    text += " from domain \(domain.rawValue)"
    if let errno { text += ", errno \(errno)" }
    text += ")"
    if let remedy { text += "; \(remedy)" }
    return text
  }

  private var remedy: String? {
    switch (code, errno) {
    case (.systemError, ENOENT), (.systemError, ECONNREFUSED):
      "check that virtqemud or libvirtd runs there and that the URI names its socket"
    case (.systemError, EACCES), (.authFailed, _), (.authUnavailable, _):
      "run as root or as a member of the group libvirt"
    case (.operationDenied, _):
      "open the connection for reading and writing"
    default:
      nil
    }
  }
}
