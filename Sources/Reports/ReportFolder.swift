import FoundationEssentials
import Glibc
import Journal

/// A run's folder: the journal, and the reports that are computed from it.
package enum ReportFolder {
  /// Writes `run.json`, `report.md`, `junit.xml`, `metrics.txt` and `report.html` into the folder, each atomically. The same journal
  /// always yields the same bytes.
  ///
  /// - Throws: `ReportError`. Files that were already written stay.
  package static func write(_ report: Report, to path: String) throws(ReportError) {
    for (name, data) in try files(report) {
      let file = path.hasSuffix("/") ? path + name : path + "/" + name
      do {
        try data.write(to: URL(filePath: file), options: .atomic)
      } catch {
        throw .writing(path: file, reason: Self.reason(of: error))
      }
    }
  }

  /// The reports, by the names of their files.
  ///
  /// - Throws: `ReportError.rendering`.
  package static func files(_ report: Report) throws(ReportError) -> [(name: String, data: Data)] {
    [
      ("run.json", try report.json()), ("report.md", report.markdown()), ("junit.xml", report.junit()),
      ("metrics.txt", try report.openMetrics()), ("report.html", try report.html()),
    ]
  }

  /// The system's reason for an error of Foundation, whose own text is a dump of its object.
  package static func reason(of error: any Error) -> String {
    guard let system = (error as? CocoaError)?.underlying as? POSIXError else { return "\(error)" }
    return "\(String(cString: strerror(system.code.rawValue))) (errno \(system.code.rawValue))"
  }
}
