import ArgumentParser
import Reports
import Runner

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Computes a run's report again from its journal.")

  @Argument(help: "The run's folder.") var folder: String

  @Flag(help: "Also prints report.html into report.pdf, with Chromium.") var pdf = false

  func validate() throws { try refuseEmpty(["<folder>": folder]) }

  func run() throws {
    let files = try RunFiles(named: folder)
    let report: Report
    do {
      report = try Report(entries: files.entries(), samples: files)
    } catch {
      throw Stop.unreadable(folder, error)
    }
    do throws(ReportError) {
      try ReportFolder.write(report, to: folder)
    } catch {
      throw Stop(.badInput, "\(error)")
    }
    print(path(of: "report.html", in: folder))
    if pdf { print(try PrintedReport.write(in: folder)) }
  }
}
