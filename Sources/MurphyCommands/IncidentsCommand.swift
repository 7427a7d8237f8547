import ArgumentParser
import Evidence
import FoundationEssentials
import Linux
import Reports
import Runner
import Scenario

struct IncidentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "incidents",
    abstract: "Prints a table of rehearsed incidents, a row for each run, in Markdown.",
    discussion: """
      The first column has the incidents that the run's scenario states under rehearses. The last has the findings that \
      people added with murphy finding; without one it has the report's own verdict. Times are estimates: their bounds \
      are in each run's report. '>' means that the end was not observed, and a dash that the time does not apply. With --oracles, two columns show whether tcpdump and fio, \
      which share no code with Murphy, agree with the reported outages and with the verdict on lost writes; a further table has \
      what Pacemaker's crm_simulate predicted before the run. make incidents starts them beside each run.
      """)

  @Argument(help: "The runs' folders.") var folders: [String]
  @Option(help: "A folder with RUN.json for each run that was observed: what Tests/Oracles/judge.py wrote.")
  var oracles: String?
  @Flag(help: "Prints JSON, with the bounds of each time.") var json = false

  func validate() throws {
    try refuseEmpty(["--oracles": oracles])
    try refuseEmpty("<folders>", in: folders)
  }

  func run() throws {
    if let oracles {
      do throws(SystemError) {
        try requireFolder(oracles)
      } catch {
        throw Stop(.badInput, "--oracles: \(error)")
      }
    }
    let rows = try folders.map { folder in
      var row = try row(of: folder)
      row.oracles = try verdict(on: row.run)
      return row
    }
    let table = IncidentTable(rows)
    print(json ? String(decoding: try table.json(), as: UTF8.self) : table.markdown, terminator: "")
  }

  private func row(of folder: String) throws -> IncidentTable.Row {
    let files = try RunFiles(named: folder)
    do {
      let report = try Report(entries: files.entries(), samples: files)
      return IncidentTable.Row(report, try EvidenceFolder(path: folder).review())
    } catch {
      throw Stop.unreadable(folder, error)
    }
  }

  /// What other programs found about a run; nil without a file of it.
  private func verdict(on run: String) throws -> OracleVerdict? {
    guard let oracles else { return nil }
    let path = "\(oracles)/\(run).json"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try OracleVerdict(json: try Data(contentsOf: URL(filePath: path)), about: run)
    } catch {
      throw Stop(
        .badInput,
        "\(path): not a verdict of Tests/Oracles/judge.py: \((error as? DecodingError)?.words ?? "\(error)")")
    }
  }
}
