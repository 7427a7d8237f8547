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
    do {
      var command = try parseAsRoot()
      try command.run()
      try StandardOutput.finish()
      Glibc.exit(0)
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
      if code == .success { printAndExit(Murphy.fullMessage(for: error)) }
      printToStandardError(Murphy.fullMessage(for: error))
      Glibc.exit(
        error is ExitCode ? code.rawValue : code == .validationFailure ? Stop.Code.badInput.rawValue : 70)
    }
  }

  private static func printAndExit(_ text: String) -> Never {
    if !text.isEmpty { print(text) }
    do throws(Stop) {
      try StandardOutput.finish()
    } catch {
      printToStandardError(error.text)
      Glibc.exit(error.code.rawValue)
    }
    Glibc.exit(0)
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
