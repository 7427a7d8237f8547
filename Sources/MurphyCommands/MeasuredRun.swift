import Comparison
import Journal
import Metrics
import Reports
import Runner

/// The entries and metrics of a run's folder.
struct MeasuredRun {
  let folder: String
  let began: RunBegan
  let entries: [Entry]
  let metrics: RunMetrics

  init(folder: String) throws {
    self.folder = folder
    let files = try RunFiles(named: folder)
    do {
      entries = try files.entries()
      metrics = try RunMetrics(entries: entries, samples: files)
    } catch {
      throw Stop.unreadable(folder, error)
    }
    guard let began = RunJournal(entries: entries, samples: []).began else {
      throw Stop(.badInput, "\(folder): \(ReportError.noBeginning)")
    }
    self.began = began
  }
}

extension ComparedSide {
  /// A side of all trials of the runs in these folders.
  init(folders: [String]) throws {
    let runs = try folders.map { folder in
      let run = try MeasuredRun(folder: folder)
      if run.began.alternation != nil {
        throw Stop(
          .badInput, "\(folder): two settings took turns in it; murphy compare \(folder) compares them")
      }
      return try ComparedRun(
        run.began, surveys: RunJournal(entries: run.entries, samples: []).allSurveys, run.metrics)
    }
    let names = runs.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw Stop(.badInput, "\(twice) is named twice on one side; each run counts once")
    }
    self.init(label: names.joined(separator: ", "), runs: runs)
  }
}
