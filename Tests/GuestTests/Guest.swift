import FoundationEssentials
import Glibc
import Linux
import NamespaceTesting
import ProductTesting
import Synchronization
import ToolTesting

/// The virtual machine of these tests: Debian's cloud kernel with its modules, and a root with ip, bridge, tc, nft and
/// the built `murphy-agent`. It has no disk and no network to the outside. `Image` has its scripts.
///
/// One boot serves all tests of this process. It ends with the process, since QEMU's wrapper ends at the end of its
/// stdin.
final class Guest: Sendable {
  /// The guest, booted at first use.
  static let booted: Task<Guest, any Error> = Task.detached { try await onOwnThread { try Guest() } }

  static let neededPrograms = [
    "/usr/bin/qemu-system-x86_64", "/usr/bin/zstd", "/usr/bin/cpio", "/usr/sbin/depmod",
    "/usr/bin/tini-static",
    "/usr/bin/busybox", "/usr/sbin/tc", "/usr/sbin/nft",
  ]

  static let isPossible = TestTools.have(neededPrograms)

  private static let scripts = String(#filePath.dropLast("Guest.swift".count)) + "Image/"

  private let port: UInt16
  /// QEMU ends when this stdin ends.
  private let machine: ChildProcess
  private let hosts = Atomic(0)

  private init() throws {
    let cache = Self.scripts + "../../../.build/guest"
    var template = Array("/tmp/murphy-guest-XXXXXX".utf8CString)
    try checked("mkdtemp", "/tmp") { mkdtemp(&template) == nil ? -1 : 0 }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let built = try Self.output([Self.scripts + "build.sh", cache, TestProducts.agent, folder])
    if built.code == 4 { throw GuestUnavailable(reason: String(built.output.dropLast())) }
    guard built.code == 0 else { throw GuestFailed("building the guest's image: \(built.output)") }

    port = try Self.freePort()
    machine = try ChildProcess(
      [Self.scripts + "boot.sh", folder, "\(port)"], environment: Self.environment, input: .pipe,
      output: .descriptor(2), errors: .inherited)
    // Other lanes of `make test` use both processors of a small machine.
    for _ in 0..<3600 {
      let console = String(decoding: (try? DurableFile.read("\(folder)/console")) ?? [], as: UTF8.self)
      if console.contains("murphy-guest: ready") { return }
      if try machine.hasEnded() { throw GuestFailed("QEMU ended early: \(console)") }
      usleep(50_000)
    }
    throw GuestFailed("the guest isn't up after three minutes; its console is in \(folder)")
  }

  /// Makes a new host for a test.
  func host() throws -> GuestHost {
    let name = "host\(hosts.add(1, ordering: .relaxed).newValue)"
    let made = try run("host \(name)", on: nil)
    guard made.code == 0 else { throw GuestFailed("no host \(name): \(made.text)") }
    return GuestHost(name, in: self)
  }

  // MARK: Commands

  /// The exit code and the output of a script.
  struct Outcome: Decodable {
    var code: Int32
    var output: Data
    var errors: Data

    var text: String { String(decoding: output + errors, as: UTF8.self) }
  }

  /// Runs a script of sh(1) to its end.
  ///
  /// - Parameter host: nil for the guest itself.
  func run(_ script: String, on host: String?) throws -> Outcome {
    let connection = try Self.output(connect, input: line(host, "run", script))
    guard connection.code == 0, !connection.output.isEmpty else {
      throw GuestFailed("the guest's answer to `\(script)`: \(connection)")
    }
    return try JSONDecoder().decode(Outcome.self, from: Data(connection.output.utf8))
  }

  /// A command of this machine that connects its stdin and stdout with a program on a host, and the bytes that it must
  /// read first.
  ///
  /// - Parameter host: nil for the guest itself.
  func connection(with program: String, on host: String?) -> (command: [String], preamble: [UInt8]) {
    (connect, line(host, "exec", "exec \(program)"))
  }

  private var connect: [String] { ["busybox", "nc", "127.0.0.1", "\(port)"] }

  private func line(_ host: String?, _ mode: String, _ script: String) -> [UInt8] {
    Array("\(host ?? "-") \(mode) \(Data(script.utf8).base64EncodedString())\n".utf8)
  }

  private static let environment = ["PATH": ToolEnvironment.path]

  /// Runs a command of this machine; returns its stdout and stderr.
  private static func output(
    _ command: [String], input: [UInt8] = []
  ) throws -> (code: Int32, output: String) {
    let outcome = try ChildProcess.run(command, environment: environment, input: input, errors: .output)
    return (outcome.end.shellCode, outcome.outputText)
  }

  /// A port of 127.0.0.1 that no program uses now.
  private static func freePort() throws -> UInt16 {
    let socket = Descriptor(
      owning: try checked("socket", "tcp") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = try checked("bind", "127.0.0.1") { bind(socket.number, address, size) }
        _ = try checked("getsockname", "127.0.0.1") { getsockname(socket.number, address, &size) }
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// This machine can't run the guest, for this reason.
struct GuestUnavailable: Error {
  var reason: String
}

/// The guest, or a command in it, failed.
struct GuestFailed: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
