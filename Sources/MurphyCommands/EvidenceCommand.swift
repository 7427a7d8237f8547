import ArgumentParser
import Evidence
import FoundationEssentials
import Glibc
import History
import Reports
import Runner

struct EvidenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evidence", abstract: "Writes a folder with a run, its review and its proof, to hand over.",
    discussion: """
      The folder has a copy of the run's folder and evidence.html: what was planned, what happened, what was found, who \
      signed it, and the commands that check it without Murphy. Facts of the drill come from the block 'drill' of fleet \
      and scenario; a missing fact is shown as not stated.
      """)

  @OptionGroup var target: RunFolderArgument
  @Option(
    help: "The folder to write; it must not exist. Default: the run's folder with -evidence after its name.")
  var out: String?
  @OptionGroup var signers: AllowedSignersOption
  @Flag(help: "Also prints evidence.html and report.html as PDF, with Chromium.") var pdf = false

  func validate() throws { try refuseEmpty(["--out": out]) }

  func run() throws {
    let allowedSigners = try signers.file()
    let folder = try target.evidence
    let copy =
      out ?? "\(target.folder.reversed().drop { $0 == "/" }.reversed().map(String.init).joined())-evidence"
    guard access(copy, F_OK) != 0 else {
      throw Stop(.badInput, "\(copy): it exists; choose another with --out, or remove it")
    }
    let page: Data
    let entries: [String]
    do {
      let files = RunFiles(path: target.folder)
      let report = try Report(entries: files.entries(), samples: files)
      let names = try folder.covered()
      let digests = try names.map { (name: $0, digest: try folder.digest(of: $0)) }
      let neighbours = try NeighbouringRuns(in: nil, beside: [target.folder])
      page = try EvidencePage(
        report, try folder.review(), try folder.verify(allowedSigners: allowedSigners), digests: digests,
        earlier: try EarlierRuns(before: report, among: neighbours?.records ?? []) { record in
          try EvidenceFolder(path: record.folder).review()
        }
      ).html()
      entries = try folder.entries()
    } catch {
      throw Stop.unreadable(target.folder, error)
    }
    do {
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
      try folder.copy(entries, to: EvidenceFolder(path: copy))
      try page.write(to: URL(filePath: "\(copy)/evidence.html"), options: .atomic)
    } catch {
      // A part of the evidence must not be taken for the whole.
      try? FileManager.default.removeItem(atPath: copy)
      throw Stop(.badInput, "\(copy): the evidence can't be written: \(ReportFolder.reason(of: error))")
    }
    print("\(copy)/evidence.html")
    if pdf {
      for name in ["evidence", "report"] { print(try PrintedReport.write(name, in: copy)) }
    }
  }
}
