import ArgumentParser
import Glibc
import Journal
import Linux
import Runner

struct SamplesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "samples", abstract: "Writes a run's samples to stdout, as CSV.",
    discussion: """
      Times are nanoseconds since the run began. Times of a request's parts (resolved, connected, secured, first-byte) are \
      nanoseconds since it was sent.
      """)

  @Argument(help: "The run's folder.") var folder: String

  func validate() throws { try refuseEmpty(["<folder>": folder]) }

  func run() throws {
    let files = try RunFiles(named: folder)
    let output = Descriptor(
      owning: try checked("fcntl", "stdout") { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) })
    var lines = Sample.csvHeader + "\n"
    var failed: SystemError?
    func write() {
      if failed != nil { return }
      do throws(SystemError) {
        try output.write(lines.utf8, to: "stdout")
      } catch {
        failed = error
      }
      lines = ""
    }
    do {
      try files.read { sample in
        lines += sample.csv + "\n"
        if lines.utf8.count > 1 << 16 { write() }
      }
    } catch {
      throw Stop.unreadable(folder, error)
    }
    write()
    // A reader such as head(1) closes its end when it has read enough.
    if let failed, failed.errno != EPIPE { throw Stop(.badInput, "\(failed)") }
  }
}
