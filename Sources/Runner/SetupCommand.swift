import FoundationEssentials
import Linux

/// A command of the operator that switches the platform to a setting, in a shell at the controller.
///
/// Unlike the tools that Murphy starts itself, it has the operator's environment: it may need ssh's agent or a home. Its
/// own session keeps Ctrl-C from it, so that only the run ends it.
final class SetupCommand: Sendable {
  enum Result: Sendable {
    case done
    /// For this reason.
    case failed(String)
  }

  /// The time limit: a setting may be another version of the platform's software.
  static let limit = Duration.seconds(1800)
  /// How many characters of its output a reason contains, from the end.
  private static let shownOutput = 400

  private let task: Task<Void, Never>

  /// Starts it.
  ///
  /// - Parameters:
  ///   - setting: the setting's label, in the environment as `MURPHY_SETTING`.
  ///   - deliver: called once.
  init(_ command: String, setting: String, deliver: @escaping @Sendable (Result) -> Void) {
    var environment = ProcessInfo.processInfo.environment
    environment["MURPHY_SETTING"] = setting
    let inherited = environment
    task = Task.detached {
      do throws(ProcessFailure) {
        let outcome = try await ChildProcess.runAsync(
          ["sh", "-c", command], environment: inherited, within: Self.limit)
        if outcome.end.isSuccess { return deliver(.done) }
        let printed = (outcome.outputText + outcome.errorText).split(whereSeparator: \.isNewline)
          .joined(separator: "; ")
        deliver(
          .failed("\(outcome.end)" + (printed.isEmpty ? "" : ": \(printed.suffix(Self.shownOutput))")))
      } catch {
        deliver(.failed("\(error)"))
      }
    }
  }

  /// Kills it.
  func cancel() { task.cancel() }
}
