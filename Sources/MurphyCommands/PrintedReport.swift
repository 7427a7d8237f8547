import FoundationEssentials
import Glibc
import Linux

/// `report.pdf`: `report.html`, printed by Chromium.
enum PrintedReport {
  /// The names of Chromium's program in Debian and other distributions.
  private static let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

  /// Prints a run's report; returns the path of the PDF.
  ///
  /// - Throws: `Stop` if there is no Chromium, or if it fails.
  static func write(in folder: String) throws -> String {
    let page = URL(filePath: folder).appending(path: "report.html").absoluteString
    let pdf = "\(folder)/report.pdf"
    let made = "\(folder)/.report.pdf"
    let profile = "\(folder)/.chromium"
    defer { for path in [made, profile] { try? FileManager.default.removeItem(atPath: path) } }
    var environment = ToolEnvironment.bare
    environment["HOME"] = profile
    // Chromium can't use its sandbox as root. The page loads nothing, and its policy refuses all scripts except its own.
    let options = [
      "--headless", "--disable-gpu", "--no-pdf-header-footer", "--user-data-dir=\(profile)",
      "--print-to-pdf=\(made)", page,
    ]
    for name in names {
      let outcome: ProcessOutcome
      do {
        outcome = try ChildProcess.run(
          [name] + (geteuid() == 0 ? ["--no-sandbox"] : []) + options, environment: environment,
          within: .seconds(60))
      } catch {
        if case .system(let system) = error.reason, system.errno == ENOENT { continue }
        throw Stop(.badInput, "\(pdf): \(error)")
      }
      guard outcome.end.isSuccess, FileManager.default.fileExists(atPath: made) else {
        throw Stop(.badInput, "\(pdf): \(name): \(outcome.end): \(outcome.errorText.suffix(400))")
      }
      guard rename(made, pdf) == 0 else {
        throw Stop(.badInput, "\(SystemError("write", pdf, errno: errno))")
      }
      return pdf
    }
    throw Stop(
      .badInput,
      "\(pdf): it needs Chromium, and there is none (\(names.joined(separator: ", "))): apt-get install chromium, or "
        + "print report.html in another browser")
  }
}
