import ArgumentParser
import Reports
import Runner

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Computes a run's report again from its journal.")

  @Argument(help: "The run's folder.") var folder: String

  @Flag(help: "Also prints report.html into report.pdf, with Chromium.") var pdf = false

  func run() throws {
    let files = try RunFiles(named: folder)
    do {
      try ReportFolder.write(try Report(entries: files.entries(), samples: files), to: folder)
    } catch {
      throw Stop(.badInput, "\(error)")
    }
    print("\(folder)/report.html")
    if pdf { print(try PrintedReport.write(in: folder)) }
  }
}
