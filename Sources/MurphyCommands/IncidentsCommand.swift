import ArgumentParser
import Evidence
import FoundationEssentials
import Reports
import Runner

struct IncidentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "incidents",
    abstract: "Prints a table of rehearsed incidents, a row for each run, in Markdown.",
    discussion: """
      The first column has the incidents that the run's scenario states under rehearses. The last has the findings that \
      people added with murphy finding; without one it has the report's own verdict. Times are estimates: their bounds \
      are in each run's report. '>' means that the end was not observed, and a dash that the time does not apply.
      """)

  @Argument(help: "The runs' folders.") var folders: [String]
  @Flag(help: "Prints JSON, with the bounds of each time.") var json = false

  func run() throws {
    let rows = try folders.map { folder in
      let files = try RunFiles(named: folder)
      do {
        let report = try Report(entries: files.entries(), samples: files)
        return IncidentTable.Row(report, try EvidenceFolder(path: folder).review())
      } catch {
        throw Stop(.badInput, "\(folder): \(error)")
      }
    }
    let table = IncidentTable(rows)
    print(json ? String(decoding: try table.json(), as: UTF8.self) : table.markdown, terminator: "")
  }
}
