import FoundationEssentials
import Glibc
import Linux

/// A page of a run as PDF, printed by Chromium.
enum PrintedReport {
  /// The names of Chromium's program in Debian and other distributions.
  private static let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

  /// Prints `NAME.html` to `NAME.pdf` in a folder; returns the path of the PDF.
  ///
  /// - Throws: `Stop` if there is no Chromium, or if it fails.
  static func write(_ name: String = "report", in folder: String) throws -> String {
    let page = URL(filePath: folder).appending(path: "\(name).html").absoluteString
    let pdf = "\(folder)/\(name).pdf"
    let made = "\(folder)/.\(name).pdf"
    let profile = "\(folder)/.chromium"
    defer { for path in [made, profile] { try? FileManager.default.removeItem(atPath: path) } }
    var environment = ToolEnvironment.bare
    environment["HOME"] = profile
    // Chromium can't use its sandbox as root. The page loads nothing, and its policy refuses all scripts except its own.
    let options = [
      "--headless", "--disable-gpu", "--no-pdf-header-footer", "--user-data-dir=\(profile)",
      "--print-to-pdf=\(made)", page,
    ]
    for program in names {
      let outcome: ProcessOutcome
      do {
        outcome = try ChildProcess.run(
          [program] + (geteuid() == 0 ? ["--no-sandbox"] : []) + options, environment: environment,
          within: .seconds(60))
      } catch {
        if case .system(let system) = error.reason, system.errno == ENOENT { continue }
        throw Stop(.badInput, "\(pdf): \(error)")
      }
      guard outcome.end.isSuccess, FileManager.default.fileExists(atPath: made) else {
        throw Stop(.badInput, "\(pdf): \(program): \(outcome.end): \(outcome.errorText.suffix(400))")
      }
      guard rename(made, pdf) == 0 else {
        throw Stop(.badInput, "\(SystemError("write", pdf, errno: errno))")
      }
      return pdf
    }
    throw Stop(
      .badInput,
      "\(pdf): it needs Chromium, and there is none (\(names.joined(separator: ", "))): apt-get install chromium, or "
        + "print \(name).html in another browser")
  }
}
