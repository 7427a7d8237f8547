import Foundation
import Glibc
import History
import HostTesting
import Testing

@testable import RunIndex

struct RunIndexTests {
  @Test("An update reads only what changed, and removes what is gone")
  func incremental() throws {
    try withTemporaryFolder { path in
      let folder = ReportsFolder(path: path)
      for number in 1...3 { try folder.add(number, day: number) }
      let folders = RunFolders(path: path)
      let index = try RunIndex(.inside(path), of: folders)
      #expect(try index.update() == RunIndex.Update(read: 3))
      #expect(try index.update() == RunIndex.Update())
      try folder.add(4, day: 4)
      try folder.add(2, day: 12)
      try folder.remove(1)
      #expect(try index.update() == RunIndex.Update(read: 2, removed: 1))
      let records = try index.records().sorted { $0.began < $1.began }
      #expect(records.map(\.name) == ["run-3", "run-4", "run-2"])
      // What is read from the index is what the folders give.
      for record in records { #expect(try folders.record(of: record.name) == record) }
      #expect(try index.records(of: "unplug-host").count == 3)
      #expect(try index.records(of: "other").isEmpty)
    }
  }

  @Test("An index in a moved folder is valid, and a deleted or cleared one is made again")
  func movedAndDeleted() throws {
    try withTemporaryFolder { path in
      try FileManager.default.createDirectory(atPath: "\(path)/a", withIntermediateDirectories: false)
      try ReportsFolder(path: "\(path)/a").add(1, day: 1)
      #expect(try RunIndex(.inside("\(path)/a"), of: RunFolders(path: "\(path)/a")).update().read == 1)
      try FileManager.default.moveItem(atPath: "\(path)/a", toPath: "\(path)/b")
      let folders = RunFolders(path: "\(path)/b")
      let moved = try RunIndex(.inside("\(path)/b"), of: folders)
      #expect(try moved.update().read == 0)
      #expect(try moved.records().map(\.folder) == ["\(path)/b/run-1"])
      try moved.clear()
      #expect(try moved.records().isEmpty)
      #expect(try moved.update().read == 1)
      try FileManager.default.removeItem(atPath: "\(path)/b/.index.sqlite")
      #expect(try RunIndex(.inside("\(path)/b"), of: folders).update().read == 1)
    }
  }

  @Test("A folder that can't be read is reported each time, read once, and leaves the others")
  func unreadable() throws {
    try withTemporaryFolder { path in
      let folder = ReportsFolder(path: path)
      try folder.add(1, day: 1)
      try folder.add(2, day: 2)
      try Data("{}\n{}\n".utf8).write(to: URL(filePath: "\(path)/run-2/events.jsonl"))
      let index = try RunIndex(.inside(path), of: RunFolders(path: path))
      let first = try index.update()
      #expect(first.read == 2)
      #expect(first.unreadable.map(\.folder) == ["\(path)/run-2"])
      let second = try index.update()
      #expect(second == RunIndex.Update(unreadable: first.unreadable))
      #expect(try index.records().map(\.name) == ["run-1"])
      try folder.add(2, day: 2)
      #expect(try index.update() == RunIndex.Update(read: 1))
      #expect(try index.records().count == 2)
    }
  }

  @Test("An index of other tables, a file that is none, and a missing folder are errors with a reason")
  func errors() throws {
    try withTemporaryFolder { path in
      let file = "\(path)/index.sqlite"
      let folders = RunFolders(path: path)
      let index = try SQLiteIndex(path: file)
      try index.connected { connection in
        try IndexSchema.prepare(connection)
        try connection.execute("UPDATE murphy_index SET version = 99")
      }
      let newer = try #require(throws: IndexError.self) { _ = try RunIndex(.file(file), of: folders) }
      #expect(newer.place == file && newer.reason.contains("99"))
      try Data(repeating: 65, count: 4096).write(to: URL(filePath: "\(path)/text"))
      #expect(throws: IndexError.self) { _ = try RunIndex(.file("\(path)/text"), of: folders) }
      #expect(throws: (any Error).self) {
        _ = try RunIndex(.memory, of: RunFolders(path: "\(path)/none")).update()
      }
    }
  }

  @Test("A run that two folders of one index have counts once")
  func copies() throws {
    try withTemporaryFolder { path in
      let file = "\(path)/index.sqlite"
      for name in ["a", "b"] {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        try ReportsFolder(path: "\(path)/\(name)").add(1, day: 1)
      }
      try ReportsFolder(path: "\(path)/a").add(2, day: 2)
      for name in ["a", "b"] {
        let index = try RunIndex(.file(file), of: RunFolders(path: "\(path)/\(name)"))
        _ = try index.update()
        #expect(try index.records().count == 2)
        #expect(try index.records().contains { $0.folder == "\(path)/\(name)/run-1" })
      }
    }
  }

  @Test("A message about a server doesn't have its password")
  func password() {
    #expect(RunIndex.withoutPassword("postgresql://ann:secret@db/murphy") == "postgresql://ann@db/murphy")
    #expect(RunIndex.withoutPassword("postgresql://db/murphy") == "postgresql://db/murphy")
    #expect(RunIndex.withoutPassword("postgresql://ann@db/murphy") == "postgresql://ann@db/murphy")
  }
}
