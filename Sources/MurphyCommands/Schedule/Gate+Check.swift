import FoundationEssentials
import Glibc
import Linux
import Scenario
import Schedule

extension Schedule {
  /// The gates that are closed, each with its reason; nil if all are open.
  func closedGates(now: Int) -> String? {
    let reasons = gates.compactMap { gate in
      gate.refusal(now: now, reports: reports).map { "gate \(gate.name): \($0)" }
    }
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }
}

extension Gate {
  /// Why it is closed; nil if it is open.
  fileprivate func refusal(now: Int, reports: String) -> String? {
    switch condition {
    case .command(let command, let limit): return Self.refusal(of: command, within: limit)
    case .file(let path, let age):
      var status = stat()
      guard stat(path, &status) == 0 else { return "\(SystemError("stat", path, errno: errno))" }
      let seconds = Nanoseconds.seconds(Int64(now) - Int64(status.st_mtim.tv_sec))
      return seconds < age ? nil : "\(path) was changed \(seconds) ago, and must be younger than \(age)"
    case .freeSpace(let least):
      var status = statvfs()
      guard statvfs(reports, &status) == 0 else { return "\(SystemError("statvfs", reports, errno: errno))" }
      let free = UInt64(status.f_bavail) * UInt64(status.f_frsize) / (1 << 20)
      return free >= UInt64(least) ? nil : "\(reports) has \(free) MiB free, and \(least) are needed"
    case .during(let calendar):
      return calendar.hasEvent(at: now) ? nil : "no event of \(calendar.file) lasts now"
    }
  }

  /// How many characters of a command's output a reason contains.
  private static let shownOutput = 200

  private static func refusal(of command: String, within limit: Nanoseconds) -> String? {
    do throws(ProcessFailure) {
      let outcome = try ChildProcess.run(
        ["sh", "-c", command], environment: ProcessInfo.processInfo.environment,
        within: .nanoseconds(limit.count))
      if outcome.end.isSuccess { return nil }
      let printed = (outcome.outputText + "\n" + outcome.errorText).split(whereSeparator: \.isNewline)
        .joined(separator: "; ")
      let shown = String(printed.unicodeScalars.filter { $0.properties.generalCategory != .control })
      return "\(outcome.end)" + (shown.isEmpty ? "" : ": \(shown.prefix(shownOutput))")
    } catch {
      return "\(error)"
    }
  }
}
