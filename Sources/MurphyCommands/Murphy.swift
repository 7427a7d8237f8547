import Agent
import AgentProtocol
import ArgumentParser
import Glibc
import Linux

/// The command `murphy`.
package struct Murphy: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "murphy",
    abstract:
      "Injects faults into a platform of KVM hosts on schedule, and measures how the platform reacts.",
    discussion: """
      Exit codes: 0 all objectives met, no damage; 1 an objective missed, undecided or void, damage done, or the \
      platform did not recover; 2 bad input; 3 refused before any fault; 4 aborted, every fault reverted; 5 a fault may \
      still be active, and the output names it and the command that reverts it; 70 a defect in Murphy. doctor has its \
      own meaning of 1: something is missing.
      """,
    version: Greeting.current.version,
    subcommands: [
      InitCommand.self, NewCommand.self,
      CheckCommand.self, PlanCommand.self, RunCommand.self, ReportCommand.self, SamplesCommand.self,
      CompareCommand.self, HistoryCommand.self, IncidentsCommand.self, ScheduleCommand.self,
      RecoverCommand.self,
      NoteCommand.self, FindingCommand.self, AckCommand.self,
      SignCommand.self, VerifyCommand.self, EvidenceCommand.self,
      HoldCommand.self, ReleaseCommand.self, DeployCommand.self, MonitoringCommand.self,
      LabCommand.self,
      FaultsCommand.self, MetricsCommand.self, SchemaCommand.self, DoctorCommand.self,
    ])

  /// Without a subcommand: prints the help.
  package init() {}

  /// Runs the command line's command, and ends the process with its exit code.
  package static func runAndExit() -> Never {
    signal(SIGPIPE, SIG_IGN)
    StandardDescriptors.open()
    do {
      var command = try parseAsRoot()
      try command.run()
      printAndExit("")
    } catch let stop as Stop {
      if !stop.text.isEmpty { printToStandardError(stop.text) }
      Glibc.exit(stop.code.rawValue)
    } catch {
      if let unknown = UnknownCommand(CommandLine.arguments.dropFirst(), of: Murphy.self) {
        printToStandardError(unknown.description)
        Glibc.exit(Stop.Code.badInput.rawValue)
      }
      let code = Murphy.exitCode(for: error)
      // Help and version are regular results; anything else that the parser throws is bad input.
      if code == .success { printAndExit(help(for: error)) }
      let text = mistake(for: error)
      // A command that only passes an exit code on has none.
      if !text.isEmpty { printToStandardError(text) }
      Glibc.exit(
        error is ExitCode ? code.rawValue : code == .validationFailure ? Stop.Code.badInput.rawValue : 70)
    }
  }

  private static func printAndExit(_ text: String) -> Never {
    if !text.isEmpty { print(text) }
    if let failure = StandardOutput.failure() {
      printToStandardError(failure)
      Glibc.exit(Stop.Code.badInput.rawValue)
    }
    Glibc.exit(0)
  }

  /// Help, the version, or a script for a shell. The parser wraps no usage, and in a narrow terminal it leaves a few
  /// columns for the texts.
  private static func help(for error: any Error) -> String {
    let text = Murphy.fullMessage(for: error, columns: 1_000_000)
    guard text.hasPrefix("OVERVIEW: ") || text.hasPrefix("USAGE: ") else { return text }
    return TerminalText.wrappedHelp(text, to: TerminalText.columns(of: STDOUT_FILENO))
  }

  /// What is wrong with the arguments. The error itself stays on one line.
  private static func mistake(for error: any Error) -> String {
    let columns = TerminalText.columns(of: STDERR_FILENO)
    return Murphy.fullMessage(for: error, columns: columns).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .map { $0.hasPrefix("Usage: ") ? TerminalText.wrappedUsage($0, to: columns) : String($0) }
    .joined(separator: "\n")
  }
}

/// The early end of a command: the text for stderr, and the exit code.
struct Stop: Error {
  /// The exit codes that scripts can rely on.
  enum Code: Int32 {
    case allMet = 0
    case missed = 1
    case badInput = 2
    case refused = 3
    case aborted = 4
    case faultsActive = 5
  }

  var code: Code
  var text: String

  init(_ code: Code, _ text: String = "") {
    self.code = code
    self.text = text
  }
}
