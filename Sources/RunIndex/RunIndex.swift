import FoundationEssentials
import Glibc
import History
import Metrics

/// The records of all runs in a database. The folders are the truth: the index is made again from them at will, and an
/// update reads only the folders that changed.
///
/// A shared index has the runs of several folders, each under its root.
package struct RunIndex {
  /// For messages, without a password.
  private let place: String
  private let store: Store
  private let folders: RunFolders
  /// The folder's name in the index: `.` if the index is in the folder, so that both can be moved.
  private let root: String

  private enum Store {
    case sqlite(SQLiteIndex)
    case postgres(PostgresIndex)

    func connected<Result>(_ body: (any IndexConnection) throws -> Result) throws -> Result {
      switch self {
      case .sqlite(let index): try index.connected(body)
      case .postgres(let index): try index.connected(body)
      }
    }
  }

  package enum Place: Equatable, Sendable {
    case file(String)
    case memory
    /// `postgresql://…`
    case postgres(String)

    /// The index of a folder of runs, if no other is named.
    package static func inside(_ folder: String) -> Place { .file("\(folder)/.index.sqlite") }
  }

  /// Opens or creates an index.
  ///
  /// - Throws: `IndexError`.
  package init(_ place: Place, of folders: RunFolders) throws(IndexError) {
    self.folders = folders
    let absolute = realpath(folders.path, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    let elsewhere = "\(Self.hostName):\(absolute ?? folders.path)"
    do {
      switch place {
      case .file(let path):
        self.place = path
        root = place == .inside(folders.path) ? "." : elsewhere
        store = .sqlite(try SQLiteIndex(path: path))
      case .memory:
        self.place = "memory"
        root = "."
        store = .sqlite(try SQLiteIndex(path: nil))
      case .postgres(let address):
        self.place = Self.withoutPassword(address)
        root = elsewhere
        store = .postgres(try PostgresIndex(address))
      }
      switch store {
      case .sqlite(let index): try index.connected(IndexSchema.prepare)
      case .postgres(let index): try index.prepare()
      }
    } catch {
      throw Self.failure(place, error)
    }
  }

  private static func failure(_ place: Place, _ error: any Error) -> IndexError {
    switch place {
    case .file(let path): IndexError(place: path, reason: "\(error)")
    case .memory: IndexError(place: "memory", reason: "\(error)")
    case .postgres(let address): IndexError(place: withoutPassword(address), reason: "\(error)")
    }
  }

  /// `postgresql://user@host/name` for `postgresql://user:password@host/name`.
  static func withoutPassword(_ address: String) -> String {
    guard let scheme = address.firstRange(of: "://"),
      let end = address[scheme.upperBound...].firstIndex(of: "@"),
      let colon = address[scheme.upperBound..<end].firstIndex(of: ":")
    else { return address }
    return String(address[..<colon] + address[end...])
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  /// Removes all records of this folder, so that the next update reads every run again.
  ///
  /// - Throws: `IndexError`.
  package func clear() throws(IndexError) {
    try connected { connection in
      try connection.transaction {
        for table in ["results", "safety"] {
          try connection.execute(
            "DELETE FROM \(table) WHERE run IN (SELECT id FROM runs WHERE root = $1)", [.text(root)])
        }
        for table in ["runs", "unreadable"] {
          try connection.execute("DELETE FROM \(table) WHERE root = $1", [.text(root)])
        }
      }
    }
  }

  /// What an update did.
  package struct Update: Equatable, Sendable {
    package var read = 0
    package var removed = 0
    /// All folders that can't be read, also those that have not changed.
    package var unreadable: [UnreadableRun] = []
  }

  /// Reads the folders that changed since the last update.
  ///
  /// - Parameter progress: called before each folder is read, with the number of those that are not read yet.
  /// - Throws: `IndexError`, or `SystemError` if the folder of the runs can't be read.
  package func update(progress: (Int) -> Void = { _ in }) throws -> Update {
    let found = try folders.found()
    var result = Update()
    try connected { connection in
      var known: [String: String] = [:]
      try connection.rows("SELECT folder, stamp FROM runs WHERE root = $1", [.text(root)]) {
        known[$0.text(0) ?? ""] = $0.text(1)
      }
      var reasons: [String: String] = [:]
      try connection.rows("SELECT folder, stamp, reason FROM unreadable WHERE root = $1", [.text(root)]) {
        known[$0.text(0) ?? ""] = $0.text(1)
        reasons[$0.text(0) ?? ""] = $0.text(2)
      }
      let changed = found.filter { known[$0.name] != $0.stamp }
      var writer = RecordWriter(connection: connection, root: root)
      // What is read is kept, if the process is ended before it has read everything.
      for begin in stride(from: 0, to: changed.count, by: Self.batch) {
        let batch = changed[begin..<min(begin + Self.batch, changed.count)]
        try connection.transaction {
          for (index, each) in batch.enumerated() {
            progress(changed.count - begin - index)
            try writer.remove(each.name)
            let record: RunRecord
            do throws(UnreadableRun) {
              record = try folders.record(of: each.name)
            } catch {
              reasons[each.name] = error.reason
              try writer.write(error, each)
              continue
            }
            reasons[each.name] = nil
            try writer.write(record, each)
          }
        }
      }
      result.read = changed.count
      let present = Set(found.map(\.name))
      let gone = known.keys.filter { !present.contains($0) }
      if !gone.isEmpty {
        try connection.transaction { for name in gone { try writer.remove(name) } }
      }
      result.removed = gone.count
      result.unreadable = reasons.filter { present.contains($0.key) }.sorted { $0.key < $1.key }.map {
        UnreadableRun(folder: "\(folders.path)/\($0.key)", reason: $0.value)
      }
    }
    return result
  }

  private static let batch = 200

  /// All records, or those of a scenario, in no order. A run that several folders have is there once.
  ///
  /// - Throws: `IndexError`.
  package func records(of scenario: String? = nil) throws(IndexError) -> [RunRecord] {
    var records: [RunRecord] = []
    try connected { connection in
      try connection.transaction {
        records = try RecordReader(connection: connection, root: root, folders: folders).records(of: scenario)
      }
    }
    return records
  }

  private func connected(_ body: (any IndexConnection) throws -> Void) throws(IndexError) {
    do {
      try store.connected(body)
    } catch {
      throw IndexError(place: place, reason: "\(error)")
    }
  }
}
