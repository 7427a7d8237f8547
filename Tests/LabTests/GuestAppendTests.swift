import FoundationEssentials
import Glibc
import Linux
import Testing

import ProductTesting

@testable import Lab

/// The guest's append service, on a file instead of a disk.
@Suite struct GuestAppendTests {
  /// A file of `slots` records, removed with the test.
  private func withDisk(slots: Int = 64, _ body: (String) async throws -> Void) async throws {
    let path = "/var/tmp/append-\(UUID().uuidString)"
    try Data(count: slots * 512).write(to: URL(filePath: path))
    defer { unlink(path) }
    try await body(path)
  }

  /// Runs the service until `body` ends, then kills it.
  private func serve(_ disk: String, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    let service = try ChildProcess([TestProducts.append, disk, "0"], output: .pipe)
    defer { service.kill() }
    let line = try await service.nextLine()
    let port = try #require(
      line.split(separator: " ").last.flatMap { Int($0) }, "the service ended without a port to ask")
    try await body(port)
  }

  /// The answer to `READ`.
  private func log(_ client: AppendClient) throws -> [String] {
    var lines = [try client.ask("READ")]
    while let last = lines.last, !last.hasPrefix("END "), !last.hasPrefix("ERR ") {
      lines.append(try client.line())
    }
    return lines
  }

  /// The same with only kind and number of each record.
  private func places(_ client: AppendClient) throws -> [String] {
    try log(client).map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
  }

  @Test("Records are acknowledged, and each names the one that was written before it")
  func recordsAreAChain() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("APPEND 1 aabb") == "OK 1")
        let longest = String(repeating: "f", count: 128)
        #expect(try client.ask("APPEND 5 \(longest)") == "OK 5")
        #expect(try client.ask("APPEND 3 cc") == "OK 3")
        let lines = try log(client).map { $0.split(separator: " ").map(String.init) }
        try #require(lines.map { $0[0] } == ["LOG", "REC", "REC", "REC", "END"])
        #expect(lines[1][1...3] == ["1", "0", "00000000"] && lines[1][5] == "aabb")
        #expect(lines[3][1...3] == ["5", "1", lines[1][4]] && lines[3][5] == longest)
        #expect(lines[2][1...3] == ["3", "5", lines[3][4]] && lines[2][5] == "cc")
        #expect(try client.ask("BOOT").hasPrefix("BOOT "))
      }
    }
  }

  @Test("A number is stored only once")
  func storedOnce() async throws {
    try await withDisk { disk in
      for _ in 0..<2 {
        try await serve(disk) { port in
          let client = try AppendClient(port: port)
          _ = try client.ask("APPEND 1 aa")
          #expect(try client.ask("APPEND 1 aa").hasPrefix("ERR 17 "))
        }
      }
    }
  }

  @Test("After a restart, the chain continues from the record that was written last")
  func chainAfterARestart() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        for number in [1, 4, 2] { #expect(try client.ask("APPEND \(number) aa") == "OK \(number)") }
      }
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("APPEND 9 aa") == "OK 9")
        let lines = try log(client).map { $0.split(separator: " ").map(String.init) }
        #expect(lines.last == ["END", "4"])
        #expect(lines[4][1...3] == ["9", "2", lines[2][4]])
      }
    }
  }

  @Test("An invalid request is refused with EINVAL")
  func refusesInvalidRequests() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        for line in [
          "", "HELLO", "APPEND", "APPEND 1", "APPEND x aa", "APPEND -1 aa", "APPEND 1 xyz", "APPEND 1 aa bb",
          "APPEND 18446744073709551616 aa", "APPEND 0 aa", "RESET", "RESET ", "RESET -", "RESET  b",
          "RESET a ",
          "RESET a b c",
          "RESET a \(String(repeating: "f", count: 129))", "APPEND 1 \(String(repeating: "f", count: 129))",
        ] {
          #expect(try client.ask(line).hasPrefix("ERR 22 "), "\(line)")
        }
        #expect(try client.ask("READ") == "LOG 2 -")
        #expect(try client.line() == "END 0")
      }
    }
  }

  @Test("Records remain on the disk after the service is killed")
  func remembersAfterItWasKilled() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("APPEND 1 aa") == "OK 1")
      }
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("APPEND 2 bb") == "OK 2")
        #expect(try places(client) == ["LOG 2", "REC 1", "REC 2", "END 2"])
      }
    }
  }

  @Test("A torn record is reported, and so are the records after it")
  func reportsATornRecordAndThoseAfterIt() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        for number in 1...3 { _ = try client.ask("APPEND \(number) aa") }
      }
      let file = open(disk, O_WRONLY)
      #expect(pwrite(file, "x", 1, 2 * 512 + 100) == 1)
      close(file)
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try places(client) == ["LOG 2", "REC 1", "TORN 2", "REC 3", "END 2"])
        #expect(try client.ask("APPEND 4 aa") == "OK 4")
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try log(client) == ["LOG 2 run-1.1", "END 0"])
      }
    }
  }

  @Test("A full disk is reported, and the record isn't acknowledged")
  func saysThatTheDiskIsFullAndAcknowledgesNothing() async throws {
    try await withDisk(slots: 8) { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        // The first slot is taken by the owner's record.
        for number in 1...7 { #expect(try client.ask("APPEND \(number) aa") == "OK \(number)") }
        #expect(try client.ask("APPEND 8 aa").hasPrefix("ERR 28 "))
      }
    }
  }

  @Test("A request to empty the log that is executed late deletes no record of a later trial")
  func lateReset() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("LOG") == "LOG 2 -")
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("APPEND 1 aa") == "OK 1")
        // The same request of this trial, and requests of earlier trials.
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("RESET - run-0.1").hasPrefix("ERR 116 "))
        #expect(try client.ask("RESET run-0.1 run-0.2").hasPrefix("ERR 116 "))
        #expect(try places(client) == ["LOG 2", "REC 1", "END 1"])
        #expect(try client.ask("RESET run-1.1 run-1.2") == "OK 0")
        #expect(try log(client) == ["LOG 2 run-1.2", "END 0"])
      }
    }
  }

  @Test("A stalled client doesn't block others")
  func stalledClient() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let stalled = try AppendClient(port: port)
        try stalled.send("APPEND 1 a")
        let other = try AppendClient(port: port)
        #expect(try other.ask("APPEND 2 bb") == "OK 2")
        try stalled.send("a\n")
        #expect(try stalled.line() == "OK 1")
      }
    }
  }
}

/// A blocking client for lines on the loopback. A missing answer is an error after 10 s.
final class AppendClient {
  private let socket: Int32
  private var buffer: [UInt8] = []

  struct Failure: Error { let what: String, code: Int32 }

  init(port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(what: "connect", code: errno) }
  }

  deinit { close(socket) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Failure(what: "send", code: errno)
    }
  }

  func line() throws -> String {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeSubrange(...end) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count > 0 else { throw Failure(what: "recv", code: errno) }
      buffer += chunk[..<count]
    }
  }

  func ask(_ line: String) throws -> String {
    try send(line + "\n")
    return try self.line()
  }
}
