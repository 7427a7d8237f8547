import Dispatch
import Foundation
import Glibc
import History
import HostTesting
import Linux
import Synchronization
import Testing
import ToolTesting

@testable import RunIndex

extension Tag {
  /// Starts a PostgreSQL server.
  @Tag fileprivate static var postgres: Self
}

/// The index in a real server, in a temporary folder and without a network.
@Suite(
  .tags(.postgres), .enabled(if: getuid() == 0, "needs root, to become the server's user"),
  .enabled(if: TestTools.have { PostgresServer.programs != nil }, "needs the Debian package postgresql"))
struct PostgresIndexSerialTests {
  @Test("Two folders share an index, and each is read incrementally")
  func shared() throws {
    try PostgresServer.run { address in
      try withTemporaryFolder { path in
        for name in ["a", "b"] {
          try FileManager.default.createDirectory(
            atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        }
        let (a, b) = (ReportsFolder(path: "\(path)/a"), ReportsFolder(path: "\(path)/b"))
        for number in 1...3 { try a.add(number, day: number) }
        try b.add(3, day: 3)
        try b.add(4, day: 4, kernel: "it's 6.12; DROP TABLE runs")
        let folders = ["a", "b"].map { RunFolders(path: "\(path)/\($0)") }
        let first = try RunIndex(.postgres(address), of: folders[0])
        #expect(try first.update() == RunIndex.Update(read: 3))
        let second = try RunIndex(.postgres(address), of: folders[1])
        #expect(try second.update() == RunIndex.Update(read: 2))
        #expect(try second.update() == RunIndex.Update())
        let records = try first.records().sorted { $0.began < $1.began }
        #expect(records.map(\.name) == ["run-1", "run-2", "run-3", "run-4"])
        for record in records.prefix(3) { #expect(try folders[0].record(of: record.name) == record) }
        // The other folder's run has the same values, under the name of the host that has it.
        var other = try folders[1].record(of: "run-4")
        #expect(records[3].folder.hasSuffix(":\(path)/b/run-4"))
        other.folder = records[3].folder
        #expect(records[3] == other)
        try a.remove(1)
        #expect(try first.update() == RunIndex.Update(removed: 1))
        #expect(try second.records(of: "unplug-host").count == 3)
        try first.clear()
        #expect(try second.records().map(\.name).sorted() == ["run-3", "run-4"])
      }
    }
  }

  @Test("Controllers that make a new index at the same time take turns")
  func together() throws {
    try PostgresServer.run { address in
      let errors = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        do {
          _ = try RunIndex(.postgres(address), of: RunFolders(path: "/tmp"))
        } catch {
          errors.withLock { $0.append("\(error)") }
        }
      }
      #expect(errors.withLock { $0 } == [])
    }
  }

  @Test("A server that can't be reached is an error with the server's reason and without the password")
  func unreachable() throws {
    let error = try #require(throws: IndexError.self) {
      _ = try RunIndex(.postgres("postgresql://ann:secret@127.0.0.1:1/murphy"), of: RunFolders(path: "/tmp"))
    }
    #expect(error.place == "postgresql://ann@127.0.0.1:1/murphy")
    #expect(error.reason.contains("refused") && !"\(error)".contains("secret"))
  }
}

enum PostgresServer {
  /// The folder of its programs, the newest version's.
  static let programs: String? = {
    let base = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    return versions.compactMap { Int($0) }.max().map { "\(base)/\($0)/bin" }
  }()

  /// Calls a body with the address of a new server.
  static func run(_ body: (String) throws -> Void) throws {
    let programs = try #require(programs)
    let user = try #require(getpwnam("postgres")).pointee
    try withTemporaryFolder { folder in
      guard chown(folder, user.pw_uid, user.pw_gid) == 0 else { throw CallFailed("chown") }
      let asUser = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
      let made = try ChildProcess.run(
        asUser + ["\(programs)/initdb", "-D", "\(folder)/data", "-A", "trust", "--no-sync", "-E", "UTF8"],
        within: .seconds(120))
      try #require(made.end.isSuccess, "\(made.errorText)")
      let server = try ChildProcess(
        asUser + [
          "\(programs)/postgres", "-D", "\(folder)/data", "-k", folder, "-c", "listen_addresses=", "-c",
          "fsync=off",
        ])
      defer {
        server.kill()
        _ = try? server.wait()
      }
      let address = "postgresql://postgres@/postgres?host=\(folder)"
      try eventually("PostgreSQL accepts connections") { (try? PostgresIndex(address)) != nil }
      try body(address)
    }
  }
}
