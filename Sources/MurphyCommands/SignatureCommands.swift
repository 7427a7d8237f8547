import ArgumentParser
import Evidence
import FoundationEssentials
import Glibc
import Reports
import Runner

extension Manifest.Role: ExpressibleByArgument {}

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Signs a run's folder as it is now, with an SSH key.",
    discussion: """
      The signature covers every file of the folder and the review up to now, so that murphy verify names a file that is \
      changed later. Notes and further signatures may follow. ssh-keygen makes the signature.
      """)

  @OptionGroup var target: RunFolderArgument
  @Option(name: .customLong("as"), help: "prepared, reviewed or accepted.") var role: Manifest.Role
  @Option(help: "The private SSH key, or the public one of a key that the ssh-agent has.") var key: String
  @Option(help: "The signer's name. Default: this user and machine.") var name: String?

  func validate() throws {
    try refuseEmpty(["--key": key])
    if let name, name.contains(where: \.isNewline) || name.isEmpty {
      throw ValidationError("--name: expected one line of text")
    }
  }

  func run() throws {
    let folder = try target.evidence
    let statement = Manifest.Statement(
      role: role, name: name ?? callerName(), at: Date().formatted(.iso8601))
    do throws(EvidenceError) {
      print("\(target.folder)/\(try folder.sign(statement, key: key))")
    } catch {
      throw Stop(.badInput, error.description)
    }
  }
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks that a run's folder was not changed since it was recorded or signed.",
    discussion: """
      Names every file that was changed, and checks the review, the signatures, and that the reports are those that the \
      journal gives. Exit codes: 0 nothing was changed, 1 something was, 2 bad input.
      """)

  @OptionGroup var target: RunFolderArgument
  @OptionGroup var signers: AllowedSignersOption

  func run() throws {
    let folder = try target.evidence
    let allowedSigners = try signers.file()
    let verification: Verification
    do throws(EvidenceError) {
      verification = try folder.verify(allowedSigners: allowedSigners)
    } catch {
      throw Stop(.badInput, error.description)
    }
    for line in VerificationWords(verification).lines { print(line) }
    let computed = try ComputedReports(target.folder)
    for line in computed.lines { print(line) }
    if !verification.isWhole || !computed.isWhole { throw Stop(.missed) }
  }
}

/// The comparison of a folder's reports with those that this version computes from the journal.
private struct ComputedReports {
  var lines: [String] = []
  var isWhole = true

  init(_ folder: String) throws {
    let files = RunFiles(path: folder)
    let report: Report
    do {
      report = try Report(entries: files.entries(), samples: files)
    } catch {
      lines = ["the journal can't be read: \(error)"]
      isWhole = false
      return
    }
    var differing: [String] = []
    for (name, data) in try ReportFolder.files(report) {
      let path = "\(folder)/\(name)"
      guard access(path, F_OK) == 0 else { continue }
      do {
        if try Data(contentsOf: URL(filePath: path)) != data { differing.append(name) }
      } catch {
        throw Stop(.badInput, "\(path): can't be read: \(ReportFolder.reason(of: error))")
      }
    }
    if differing.isEmpty {
      lines = ["the reports: as the journal gives them"]
    } else {
      // Another version may write the same facts in other words.
      isWhole = !report.isOfThisVersion(Murphy.configuration.version)
      lines = differing.map { name in
        "\(name): not what this version computes from the journal: "
          + (isWhole ? "another version computed it; murphy report computes it again" : "it was changed")
      }
    }
  }
}
