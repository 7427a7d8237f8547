import ArgumentParser
import Evidence
import FoundationEssentials
import Runner
import Scenario
import Schedule

/// The folder of a run that people add to.
struct RunFolderArgument: ParsableArguments {
  @Argument(help: "The run's folder.") var folder: String

  func validate() throws { try refuseEmpty(["<folder>": folder]) }

  var evidence: EvidenceFolder {
    get throws { EvidenceFolder(path: try RunFiles(named: folder).path) }
  }

  /// Appends an entry to the run's review.
  func append(by author: String?, _ content: (Review) throws -> ReviewEntry.Content) throws {
    let folder = try evidence
    do {
      try folder.append { review in
        ReviewEntry(at: now(), by: author ?? callerName(), content: try content(review))
      }
    } catch let stop as Stop {
      throw stop
    } catch {
      throw Stop(.badInput, "\(error)")
    }
  }
}

/// The time on the wall clock: `2026-11-27T12:00:00Z`.
private func now() -> String { Date().formatted(.iso8601) }

struct NoteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Adds a person's note to a run.",
    discussion: """
      A note with --at is in the chronology of murphy evidence. With --intervention it is something that a person had to \
      do so that the platform recovered: the evidence has their number and their sum. No note can be changed later.
      """)

  @OptionGroup var target: RunFolderArgument
  @Argument(help: "The note.") var text: String
  @Option(help: "The time that it belongs to, such as 2026-11-27T14:05:00Z.") var at: String?
  @Option(help: "The time that a person spent on it, such as 12m.") var intervention: String?
  @Option(help: "The author. Default: this user and machine.") var by: String?

  func validate() throws {
    try refuseEmpty(["--by": by])
    if let intervention, seconds(intervention) == nil {
      throw ValidationError(
        "--intervention: expected a time from 1s to a year, such as 12m, found '\(intervention)'")
    }
    if text.isEmpty { throw ValidationError("the note is empty") }
    if let at, (try? Date(at, strategy: .iso8601)) == nil {
      throw ValidationError("--at: expected a time such as 2026-11-27T14:05:00Z, found '\(at)'")
    }
  }

  private func seconds(_ text: String) -> Int64? {
    guard let seconds = Nanoseconds(text).map({ $0.count / 1_000_000_000 }),
      ReviewEntry.interventionSeconds.contains(seconds)
    else { return nil }
    return seconds
  }

  func run() throws {
    try target.append(by: by) { _ in
      if let seconds = intervention.flatMap(seconds) {
        .intervention(text: text, moment: at, seconds: seconds)
      } else {
        .note(text: text, moment: at)
      }
    }
  }
}

struct AckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ack", abstract: "Records that a person read a run's result.")

  @OptionGroup var target: RunFolderArgument
  @Option(help: "The reader. Default: this user and machine.") var by: String?

  func validate() throws { try refuseEmpty(["--by": by]) }

  func run() throws { try target.append(by: by) { _ in .acknowledged } }
}

extension Finding.Severity: ExpressibleByArgument {}
extension Finding.State: ExpressibleByArgument {}

struct FindingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finding", abstract: "Adds a finding to a run, or changes one.",
    discussion: """
      Without --number it adds a finding, with TITLE and --severity, and prints its number. With --number it changes the \
      given fields of that finding; the earlier state stays in review.jsonl.
      """)

  @OptionGroup var target: RunFolderArgument
  @Argument(help: "The finding in one line.") var title: String?
  @Option(help: "The number of the finding to change.") var number: Int?
  @Option(help: "minor, major or critical.") var severity: Finding.Severity?
  @Option(help: "The cause.") var cause: String?
  @Flag(inversion: .prefixedNo, help: "Whether the run shows the cause; otherwise it is supposed.")
  var causeShown: Bool?
  @Option(help: "The action against it.") var action: String?
  @Option(help: "Who is responsible for the action.") var owner: String?
  @Option(help: "The day on which the action is due, such as 2026-12-15.") var due: String?
  @Option(help: "open, accepted (the risk is accepted) or closed.") var state: Finding.State?
  @Option(help: "The run that tested it again.") var retest: String?
  @Option(help: "The author. Default: this user and machine.") var by: String?

  func validate() throws {
    try refuseEmpty(["<title>": title, "--by": by])
    if number == nil, title == nil || severity == nil {
      throw ValidationError(
        "a new finding needs a title and --severity; to change one, give --number")
    }
    if let due, Day(due) == nil {
      throw ValidationError("--due: expected a day such as 2026-12-15, found '\(due)'")
    }
  }

  func run() throws {
    var changed: Finding?
    try target.append(by: by) { review in
      let findings = review.findings
      var finding: Finding
      if let number {
        guard let found = findings.first(where: { $0.number == number }) else {
          throw Stop(
            .badInput,
            "\(target.folder): there is no finding \(number); it has "
              + (findings.isEmpty ? "none" : findings.map { String($0.number) }.joined(separator: ", ")))
        }
        finding = found
      } else {
        finding = Finding(
          number: (findings.last?.number ?? 0) + 1, title: title ?? "", severity: severity ?? .major)
      }
      let former = finding
      apply(to: &finding)
      if number != nil, finding == former {
        throw Stop(
          .badInput, "\(target.folder): finding \(finding.number) is so already: give what to change")
      }
      changed = finding
      return .finding(finding)
    }
    if let changed { print("\(changed.number)") }
  }

  private func apply(to finding: inout Finding) {
    if let title { finding.title = title }
    if let severity { finding.severity = severity }
    if let cause { finding.cause = cause }
    if let causeShown { finding.isCauseShown = causeShown }
    if let action { finding.action = action }
    if let owner { finding.owner = owner }
    if let due { finding.due = due }
    if let state { finding.state = state }
    if let retest { finding.retest = retest }
  }
}
