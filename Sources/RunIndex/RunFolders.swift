import FoundationEssentials
import Glibc
import History
import Journal
import Linux
import Metrics
import Runner

/// The folders of runs below a folder.
package struct RunFolders: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// A run's folder, and what changes with its journal.
  package struct Found: Equatable, Sendable {
    /// Its name below the folder.
    package var name: String
    /// The sizes and times of its files.
    package var stamp: String
  }

  /// The folders that have a journal, sorted by name.
  ///
  /// - Throws: `SystemError` if the folder can't be read.
  package func found() throws(SystemError) -> [Found] {
    guard let directory = opendir(path) else { throw SystemError("read", path, errno: errno) }
    defer { closedir(directory) }
    var found: [Found] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      guard let events = Self.stamp("\(path)/\(name)/events.jsonl") else { continue }
      let samples =
        Self.stamp("\(path)/\(name)/samples.bin") ?? Self.stamp("\(path)/\(name)/samples.csv") ?? "none"
      // Another version of the metrics may give other values.
      found.append(Found(name: name, stamp: "metrics \(RunMetrics.version) \(events) \(samples)"))
    }
    return found.sorted { $0.name < $1.name }
  }

  /// The size of a file and the time of its last change; nil without the file.
  private static func stamp(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return "\(status.st_size)/\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
  }

  /// Reads a run, and computes its metrics.
  ///
  /// - Throws: `UnreadableRun`.
  package func record(of name: String) throws(UnreadableRun) -> RunRecord {
    let folder = "\(path)/\(name)"
    do {
      let files = RunFiles(path: folder)
      let entries = try files.entries()
      let journal = RunJournal(entries: entries, samples: [])
      guard let began = journal.began else {
        throw UnreadableRun(folder: folder, reason: "events.jsonl has no run.began")
      }
      guard began.alternation == nil else {
        throw UnreadableRun(
          folder: folder, reason: "two settings took turns in it, so it has no single result")
      }
      guard let wall = try? Date(began.wall, strategy: .iso8601) else {
        throw UnreadableRun(folder: folder, reason: "its beginning, '\(began.wall)', is not a time")
      }
      return try RunRecord(
        began, surveys: journal.allSurveys, RunMetrics(entries: entries, samples: files), folder: folder,
        began: Int(wall.timeIntervalSince1970))
    } catch let unreadable as UnreadableRun {
      throw unreadable
    } catch {
      throw UnreadableRun(folder: folder, reason: "\(error)")
    }
  }
}

/// A run that can't be read. The others can.
package struct UnreadableRun: Error, Equatable, CustomStringConvertible {
  package var folder: String
  package var reason: String

  package var description: String { "\(folder): can't be read, and is left out: \(reason)" }
}
