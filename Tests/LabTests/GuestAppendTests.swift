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

  @Test("Records are acknowledged, and read in their order")
  func acknowledgesAndReadsBackInOrder() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("APPEND 1 aabb") == "OK 1")
        #expect(
          try client.ask("APPEND 18446744073709551615 \(String(repeating: "f", count: 128))")
            == "OK 18446744073709551615")
        #expect(try client.ask("READ") == "LOG -")
        #expect(try client.line() == "REC 1 aabb")
        #expect(try client.line() == "REC 18446744073709551615 \(String(repeating: "f", count: 128))")
        #expect(try client.line() == "END 2")
        #expect(try client.ask("BOOT").hasPrefix("BOOT "))
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
          "APPEND 18446744073709551616 aa", "RESET", "RESET ", "RESET -", "RESET  b", "RESET a ",
          "RESET a b c",
          "RESET a \(String(repeating: "f", count: 129))", "APPEND 1 \(String(repeating: "f", count: 129))",
        ] {
          #expect(try client.ask(line).hasPrefix("ERR 22 "), "\(line)")
        }
        #expect(try client.ask("READ") == "LOG -")
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
        #expect(try client.ask("READ") == "LOG run-1.1")
        #expect(try client.line() == "REC 1 aa")
        #expect(try client.line() == "REC 2 bb")
      }
    }
  }

  @Test("A torn record is reported, and so are the records after it")
  func reportsATornRecordAndThoseAfterIt() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        for sequence in 0..<3 { _ = try client.ask("APPEND \(sequence) aa") }
      }
      let file = open(disk, O_WRONLY)
      #expect(pwrite(file, "x", 1, 2 * 512 + 100) == 1)
      close(file)
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("READ") == "LOG -")
        #expect(try client.line() == "REC 0 aa")
        #expect(try client.line() == "TORN 1")
        #expect(try client.line() == "REC 2 aa")
        #expect(try client.line() == "END 2")
        #expect(try client.ask("APPEND 3 aa") == "OK 3")
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("READ") == "LOG run-1.1")
        #expect(try client.line() == "END 0")
      }
    }
  }

  @Test("A full disk is reported, and the record isn't acknowledged")
  func saysThatTheDiskIsFullAndAcknowledgesNothing() async throws {
    try await withDisk(slots: 8) { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        // The first slot has the owner.
        for sequence in 0..<7 { #expect(try client.ask("APPEND \(sequence) aa") == "OK \(sequence)") }
        #expect(try client.ask("APPEND 8 aa").hasPrefix("ERR 28 "))
      }
    }
  }

  @Test("A request to empty the log that is executed late deletes no record of a later trial")
  func lateReset() async throws {
    try await withDisk { disk in
      try await serve(disk) { port in
        let client = try AppendClient(port: port)
        #expect(try client.ask("LOG") == "LOG -")
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("APPEND 1 aa") == "OK 1")
        // The same request of this trial, and requests of earlier trials.
        #expect(try client.ask("RESET - run-1.1") == "OK 0")
        #expect(try client.ask("RESET - run-0.1").hasPrefix("ERR 116 "))
        #expect(try client.ask("RESET run-0.1 run-0.2").hasPrefix("ERR 116 "))
        #expect(try client.ask("READ") == "LOG run-1.1")
        #expect(try client.line() == "REC 1 aa")
        #expect(try client.line() == "END 1")
        #expect(try client.ask("RESET run-1.1 run-1.2") == "OK 0")
        #expect(try client.ask("READ") == "LOG run-1.2")
        #expect(try client.line() == "END 0")
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
