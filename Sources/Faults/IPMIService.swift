import Glibc
import Linux

/// A BMC's IPMI 2.0, which a fault reaches by ipmitool(1).
///
/// ipmitool is a separate process, so that a hanging BMC doesn't block a thread for longer than a time limit, and hosts
/// need no library. Requests are raw bytes of the IPMI specification, and answers are raw bytes and an exit code. The
/// tool's text is only for display and is never parsed.
struct IPMIService: PowerService {
  let address: String
  let user: String
  let passwordFile: String
  let cipherSuite: Int

  /// The time limit of ipmitool. A BMC with a slow session takes 2 s.
  private static let patience = Duration.seconds(10)

  /// Bit 0 of Get Chassis Status, IPMI 2.0, table 28-3.
  func power() throws -> PowerState {
    // A request that only reads may be repeated.
    let bytes = try answer(to: [0x00, 0x01], attempts: 3)
    guard let first = bytes.first, bytes.count >= 3 else {
      throw BMCFailure(
        address: address, reason: "the chassis status has \(bytes.count) bytes, not at least 3")
    }
    return first & 1 == 1 ? .on : .off
  }

  /// A BMC with IPMI 2.0 can do all of them, except where its board can't, which it doesn't report.
  func lacking(_ requests: [PowerRequest]) -> String? { nil }

  func send(_ request: PowerRequest) throws {
    _ = try answer(to: [0x00, 0x02, request.chassisControl], attempts: 1)
  }

  /// Sends a request, and returns the bytes of its answer.
  func answer(to request: [UInt8], attempts: Int) throws -> [UInt8] {
    let command =
      [
        "ipmitool", "-v", "-I", "lanplus", "-C", "\(cipherSuite)", "-L", "ADMINISTRATOR", "-N", "3", "-R",
        "\(attempts)",
        "-H", address, "-U", user, "-f", passwordFile, "raw",
      ] + request.map { "\($0)" }
    let outcome: ProcessOutcome
    do throws(ProcessFailure) {
      outcome = try ChildProcess.run(command, within: Self.patience, outputLimit: 1 << 16)
    } catch {
      switch error.reason {
      case .system(let failure) where failure.errno == ENOENT:
        throw BMCFailure(address: address, reason: "there is no ipmitool here: apt-get install ipmitool")
      case .timeout(let limit):
        throw BMCFailure(address: address, reason: "no answer within \(limit)" + Self.words(error.errors))
      default: throw error
      }
    }
    guard outcome.end.isSuccess else {
      throw BMCFailure(
        address: address,
        reason: "ipmitool raw \(request.map { "\($0)" }.joined(separator: " ")) ended with \(outcome.end)"
          + Self.words(outcome.errorText))
    }
    let words = outcome.outputText.split(whereSeparator: \.isWhitespace)
    let bytes = words.compactMap { UInt8($0, radix: 16) }
    guard bytes.count == words.count else {
      throw BMCFailure(
        address: address, reason: "ipmitool printed no bytes: \(outcome.outputText.prefix(80))")
    }
    return bytes
  }

  /// The lines of ipmitool's stderr, for display.
  private static func words(_ errors: String) -> String {
    // The last two lines: the BMC's answer to the handshake, which -v adds, and ipmitool's error.
    let lines = errors.split(whereSeparator: \.isNewline).suffix(2)
    return lines.isEmpty ? "" : ": \(lines.joined(separator: "; "))"
  }
}

extension PowerRequest {
  /// The data of Chassis Control, IPMI 2.0, table 28-4.
  fileprivate var chassisControl: UInt8 {
    switch self {
    case .off: 0
    case .on: 1
    case .cycle: 2
    case .reset: 3
    // "Pulse Diagnostic Interrupt".
    case .interrupt: 4
    }
  }
}
