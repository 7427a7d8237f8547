import FoundationEssentials
import Glibc
import Journal
import Linux
import ProductTesting
import Testing

@testable import Agent

/// The records of the guest's append service, read from its disk by the agent.
@Suite struct RecordsFileTests {
  /// Runs the service on a new disk with these requests; returns the disk and the lines of all answers.
  private func disk(after requests: [String]) async throws -> (path: String, answers: [String]) {
    let path = "/var/tmp/records-\(UUID().uuidString)"
    try DurableFile.write([UInt8](repeating: 0, count: 64 * 512), to: path)
    let service = try ChildProcess([TestProducts.append, path, "0"], output: .pipe)
    defer { service.kill() }
    let line = try await service.nextLine()
    let port = try #require(line.split(separator: " ").last)
    let lines: String = requests.map { "'\($0)'" }.joined(separator: " ")
    let script =
      "exec 3<>/dev/tcp/127.0.0.1/\(port); printf '%s\\n' \(lines) HELLO >&3; sed '/^ERR 22/q' <&3"
    let answer = try ChildProcess.run(["bash", "-c", script], within: .seconds(60)).success()
    return (path, answer.split(separator: "\n").map(String.init))
  }

  private func corrupt(_ path: String, at offset: Int) {
    let file = open(path, O_WRONLY)
    #expect(pwrite(file, "x", 1, off_t(offset)) == 1)
    close(file)
  }

  @Test("The file has the records of the service's own answer, with the same chain")
  func sameAsTheService() async throws {
    let (path, answers) = try await disk(
      after: ["RESET - run-1.1", "APPEND 1 aa", "APPEND 4 bb", "APPEND 2 cc", "READ"])
    defer { unlink(path) }
    var links: [RecordsFound.Link] = []
    for answer in answers where answer.hasPrefix("REC ") {
      let words: [Substring] = answer.split(separator: " ")
      let number = try #require(Int64(words[1]))
      let previous = try #require(Int64(words[2]))
      let previousChecksum = try #require(UInt32(words[3], radix: 16))
      let checksum = try #require(UInt32(words[4], radix: 16))
      links.append(
        RecordsFound.Link(
          number: number, checksum: checksum, previous: previous, previousChecksum: previousChecksum))
    }
    let order: [Int64] = links.map { $0.previous }
    #expect(order == [0, 4, 1])
    let found = try RecordsFile.read(path, of: "run-1.1")
    #expect(found == RecordsFound(links))
    #expect(found.present == [1...2, 4...4] && found.missing == [] && found.bypassed == [])
  }

  @Test("A torn record, at its beginning or its end, and records of an earlier owner are distinguished")
  func tornAndOlder() async throws {
    let (path, _) = try await disk(
      after: ["RESET - run-1.1"] + (1...6).map { "APPEND \($0) aa" })
    defer { unlink(path) }
    corrupt(path, at: 2 * 512 + 40)
    corrupt(path, at: 3 * 512)
    corrupt(path, at: 4 * 512 + 504)
    let found = try RecordsFile.read(path, of: "run-1.1")
    #expect(found.present == [1...1, 5...6] && found.torn == [2...2, 4...4] && found.tornUnplaced == 1)
    #expect(found.missing == [4...4])
    let other = try RecordsFile.read(path, of: "run-1.2")
    #expect(other.present == [] && other.older == [1...1, 5...6])
  }

  @Test("A file without a log, a folder and a missing file are refused")
  func refused() throws {
    let path = "/var/tmp/records-\(UUID().uuidString)"
    try DurableFile.write([UInt8](repeating: 7, count: 4096), to: path)
    defer { unlink(path) }
    for path in [path, "/var/tmp", path + ".missing", "/dev/null"] {
      #expect(throws: (any Error).self) { try RecordsFile.read(path, of: "run-1.1") }
    }
  }
}
