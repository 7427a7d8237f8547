import ArgumentParser
import Evidence
import FoundationEssentials
import Glibc
import History
import Linux
import Reports
import RunIndex
import Schedule

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Shows what the runs of a scenario show together, and what changed.",
    discussion: """
      Runs with equal scenario, fleet and fingerprints are a segment. A change between segments is tested with its \
      cause known; within a segment the latest run is compared with the earlier ones. With --check it prints a line for \
      each finding, for a monthly gate. Exit codes with --check: 0 nothing to act on; 1 the last result is overdue or \
      not met, or the values changed for the worse, or with --fail-on watch there is any finding; 2 bad input; 3 there is \
      no run. Without --check: 0, 2 or 3.
      """)

  enum Failure: String, ExpressibleByArgument, CaseIterable {
    case watch
  }

  @Argument(help: "The scenario's name. Default: all.") var scenario: String?
  @Option(help: "The folder of the runs' folders.") var reports = "reports"
  @Option(help: "The longest time between two runs, in days. Default: that of the schedule, or 35.")
  var period: Int?
  @Option(
    help:
      "The index: a SQLite file, or postgresql://USER@HOST/DATABASE for several folders. Default: .index.sqlite in the folder."
  ) var index: String?
  @Flag(help: "Reads all runs of the folder again.") var rebuild = false
  @Flag(help: "Prints a line for each finding, and ends with its exit code.") var check = false
  @Option(help: "With --check, also fails in this case: watch.") var failOn: Failure?
  @Option(
    help: "Writes index.html, a page for each history, history.json and history.txt (OpenMetrics) there.")
  var out: String?
  @Option(
    help:
      "Writes the state of all histories to this file, for the textfile collector of Prometheus's node_exporter."
  ) var textfile: String?
  @Flag(help: "Prints JSON.") var json = false
  @Flag(
    help: "Prints OpenMetrics with the runs' times, for promtool tsdb create-blocks-from openmetrics.")
  var openMetrics = false

  func validate() throws {
    try refuseEmpty(["--reports": reports, "--index": index, "--out": out, "--textfile": textfile])
    if failOn != nil, !check { throw ValidationError("--fail-on needs --check") }
    if let period, !(1...3660).contains(period) { throw ValidationError("--period is from 1 to 3660 days") }
    if json && openMetrics { throw ValidationError("--json and --open-metrics exclude each other") }
  }

  func run() throws {
    let runs = try RunIndex.records(in: reports, index: index, isRebuilt: rebuild, of: scenario)
    let now = Int(Clock.realtime.now / 1_000_000_000)
    let scheduled = try ScheduleRecords(reports: reports).entries()
    let records =
      RunRecord.withUndelivered(runs, scheduled)
      + RunRecord.notMade(scheduled, beside: runs, of: scenario, now: now)
    let histories = History.all(records, now: now) { scenario, fleet in
      let stated = scheduled.last { $0.scenario == scenario && $0.fleet == fleet && $0.period != nil }
      return (period ?? stated?.period ?? Schedule.standardPeriod) * 86_400
    }
    let report = HistoryReport(histories, now: now)
    if let textfile { try write(report, toTextfile: textfile) }
    if histories.isEmpty {
      throw Stop(
        .refused,
        "\(reports): there is no run" + (scenario.map { " of \($0)" } ?? "")
          + ". 'murphy run' makes the first")
    }
    if let out { try write(report, to: out) }
    if json {
      print(String(decoding: try report.json(), as: UTF8.self), terminator: "")
    } else if openMetrics {
      print(String(decoding: report.openMetrics(), as: UTF8.self), terminator: "")
    } else {
      let columns = TerminalText.columns(of: STDOUT_FILENO)
      for line in check
        ? report.checkLines(columns: columns) : report.terminalLines(columns: columns)
      {
        print(line)
      }
    }
    if check, report.hasFindings(failOn == .watch ? [.failure, .watch] : [.failure]) { throw Stop(.missed) }
  }

  private func write(_ report: HistoryReport, to folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let way = Self.way(from: Self.absolute(folder), to: Self.absolute(reports))
      let files =
        try report.pages { run in
          guard run.folder.hasPrefix("\(reports)/") else { return nil }
          return HistoryReport.address(of: way + run.folder.dropFirst(reports.count + 1) + "/report.html")
        } + [("history.json", try report.json()), ("history.txt", report.openMetrics())]
      for (name, data) in files { try data.write(to: URL(filePath: "\(folder)/\(name)"), options: .atomic) }
    } catch {
      throw Stop(.badInput, "\(folder): the history can't be written: \(ReportFolder.reason(of: error))")
    }
    printToStandardError("the history: \(folder)/index.html")
  }

  /// Written by rename, as the collector may read at any time. Without a run it has only the time.
  private func write(_ report: HistoryReport, toTextfile path: String) throws {
    let text = report.textfile { run in
      do throws(EvidenceError) {
        return try EvidenceFolder(path: run.folder).isAcknowledged
      } catch {
        printToStandardError("\(error)")
        return nil
      }
    }
    do throws(SystemError) {
      try DurableFile.write(text, to: path, mode: 0o644)
    } catch {
      throw Stop(.badInput, "\(error); give a file in an existing folder that this user can write")
    }
  }

  private static func absolute(_ path: String) -> [Substring] {
    guard let pointer = realpath(path, nil) else { return path.split(separator: "/") }
    defer { free(pointer) }
    return String(cString: pointer).split(separator: "/")
  }

  /// The relative path from a folder to another; empty or with a slash at its end.
  static func way(from: [Substring], to: [Substring]) -> String {
    let common = zip(from, to).prefix { $0 == $1 }.count
    return String(repeating: "../", count: from.count - common)
      + to.dropFirst(common).map { $0 + "/" }.joined()
  }
}

extension RunIndex {
  /// The records of the runs in a folder, after the index is up to date. Folders that can't be read are shown on stderr,
  /// and left out.
  ///
  /// - Parameter index: a file, or the address of a PostgreSQL database; nil for the folder's own.
  /// - Throws: `Stop`.
  static func records(
    in reports: String, index: String?, isRebuilt: Bool = false, of scenario: String? = nil
  ) throws -> [RunRecord] {
    let place: Place =
      if let index {
        index.hasPrefix("postgresql://") || index.hasPrefix("postgres://") ? .postgres(index) : .file(index)
      } else {
        // Without permission to write there, the runs are read each time.
        access(reports, W_OK) == 0 ? .inside(reports) : .memory
      }
    let read = try read(reports, by: place, isRebuilt: isRebuilt, of: scenario)
    for each in read.unreadable { printToStandardError("\(each)") }
    return read.records
  }

  /// The records of the runs in a folder, and the folders that can't be read.
  ///
  /// - Throws: `Stop`.
  static func read(_ reports: String, by place: Place, isRebuilt: Bool = false, of scenario: String? = nil)
    throws -> (records: [RunRecord], unreadable: [UnreadableRun])
  {
    do throws(SystemError) {
      try requireFolder(reports)
    } catch {
      throw Stop(.badInput, "\(error); give the folder of the runs' folders with --reports")
    }
    let folders = RunFolders(path: reports)
    let isOwn = place == .inside(reports)
    // The folder's own index is removed as a file, so that a damaged index is rebuilt too.
    if isRebuilt, isOwn, case .file(let path) = place { try remove(index: path) }
    do {
      let index = try RunIndex(place, of: folders)
      if isRebuilt, !isOwn { try index.clear() }
      let unreadable = try index.update().unreadable
      return (try index.records(of: scenario), unreadable)
    } catch let error as IndexError where isOwn {
      throw Stop(
        .badInput, "\(error); 'murphy history --reports \(reports) --rebuild' makes it again from the folders"
      )
    } catch {
      throw Stop(.badInput, "\(error)")
    }
  }

  private static func remove(index path: String) throws {
    for file in [path, "\(path)-journal", "\(path)-wal", "\(path)-shm"] {
      if unlink(file) != 0, errno != ENOENT {
        throw Stop(.badInput, "\(SystemError("remove", file, errno: errno))")
      }
    }
  }
}
