import Comparison
import Journal
import Metrics
import Reports
import Runner

extension ComparedSide {
  /// A side of all trials of the runs in these folders.
  init(folders: [String]) throws {
    let runs = try folders.map { folder in
      let files = RunFiles(path: folder)
      let (entries, metrics): ([Entry], RunMetrics)
      do {
        entries = try files.entries()
        metrics = try RunMetrics(entries: entries, samples: files)
      } catch {
        throw Stop(.badInput, "\(error)")
      }
      let journal = RunJournal(entries: entries, samples: [])
      guard let began = journal.began else { throw Stop(.badInput, "\(folder): \(ReportError.noBeginning)") }
      return ComparedRun(began, surveys: journal.surveys, metrics)
    }
    let names = runs.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw Stop(.badInput, "\(twice) is named twice on one side; each run counts once")
    }
    self.init(label: names.joined(separator: ", "), runs: runs)
  }
}
