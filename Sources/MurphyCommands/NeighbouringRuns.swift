import Comparison
import Glibc
import History
import Linux
import RunIndex

/// The runs of a folder, of which a comparison shows those that it leaves out.
struct NeighbouringRuns {
  let records: [RunRecord]
  /// Those in which two settings took turns. They have no record, since they have no single result.
  let alternated: [AlternatedRun]

  /// The runs in a folder. Without one, those beside the compared runs; nil if these are in several folders.
  ///
  /// - Throws: `Stop`.
  init?(in reports: String?, beside folders: [String]) throws {
    let parents = Set(folders.map(Self.parent))
    guard let folder = reports ?? (parents.count == 1 ? parents.first : nil) else { return nil }
    // A comparison updates the folder's index, and makes none.
    let isKept = access("\(folder)/.index.sqlite", W_OK) == 0 && access(folder, W_OK) == 0
    let read = try RunIndex.read(folder, by: isKept ? .inside(folder) : .memory)
    records = read.records
    var alternated: [AlternatedRun] = []
    for unreadable in read.unreadable {
      do {
        let run = try MeasuredRun(folder: unreadable.folder)
        if let sides = try AlternatedRun(run.entries, run.metrics) {
          alternated.append(sides)
          continue
        }
      } catch is Stop {
        // It can't be read, as printed below.
      }
      printToStandardError("\(unreadable)")
    }
    self.alternated = alternated
  }

  /// `reports` for `reports/RUN/`.
  private static func parent(_ folder: String) -> String {
    let path = folder.reversed().drop { $0 == "/" }
    guard let slash = path.firstIndex(of: "/") else { return "." }
    let parent = String(path[slash...].drop { $0 == "/" }.reversed())
    return parent.isEmpty ? "/" : parent
  }
}
