import FoundationEssentials
import Journal

/// A run's folder: beside the journal stand the reports that are computed from it.
package enum ReportFolder {
  /// Writes `run.json`, `report.md`, `junit.xml` and `report.html` into the folder; each file is whole at any
  /// moment. The same journal always yields the same bytes.
  ///
  /// - Throws: `ReportError`. What was written before stays.
  package static func write(_ journal: RunJournal, to path: String) throws(ReportError) {
    let report = try Report(journal)
    let files: [(String, Data)] = [
      ("run.json", try report.json()), ("report.md", report.markdown()), ("junit.xml", report.junit()),
      ("report.html", try report.html()),
    ]
    for (name, data) in files {
      let file = path.hasSuffix("/") ? path + name : path + "/" + name
      do {
        try data.write(to: URL(filePath: file), options: .atomic)
      } catch {
        throw .writing(path: file, reason: "\(error)")
      }
    }
  }
}
