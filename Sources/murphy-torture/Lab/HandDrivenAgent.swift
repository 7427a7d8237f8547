import Agent
import AgentProtocol
import Faults
import Glibc
import Linux
import Scenario

/// An agent on a host of the lab whose controller is this process, over plain pipes.
final class HandDrivenAgent {
  let process: ProcessIdentity
  private var input: Int32
  private let output: Int32
  private var buffer: [UInt8] = []
  private var next = 1

  /// - Parameter prefix: what starts it: an environment, a namespace.
  init(on host: TorturedLabHost, prefix: [String] = []) throws {
    var toAgent = try Descriptor.pipe()
    var fromAgent = try Descriptor.pipe()
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let pid = try spawn(
      host.inside + prefix + ["murphy-agent"], environment: ToolCommand.environment,
      input: toAgent.read.number,
      output: fromAgent.write.number, errors: null.number, newSession: true)
    process = try ProcessIdentity(pid: pid)
    toAgent.read.close()
    fromAgent.write.close()
    input = fcntl(toAgent.write.number, F_DUPFD_CLOEXEC, 0)
    output = fcntl(fromAgent.read.number, F_DUPFD_CLOEXEC, 0)
  }

  deinit {
    hangUp()
    close(output)
    waitpid(process.pid, nil, 0)
  }

  func hangUp() {
    if input >= 0 { close(input) }
    input = -1
  }

  func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { _ = Glibc.write(input, $0.baseAddress, $0.count) } }

  /// Asks, and waits for the answer; a refusal is an error.
  @discardableResult
  func ask(_ request: Request) throws -> Reply {
    let id = next
    next += 1
    write(try WireCoding.line(RequestLine(id: id, request: request)))
    while true {
      switch try line() {
      case .reply(id, let reply): return reply
      case .refusal(id, let reason): throw TortureFailed("the agent refused: \(reason)")
      default: continue
      }
    }
  }

  private func line() throws -> AgentLine {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeSubrange(...end) }
        return try WireCoding.value(AgentLine.self, from: buffer[..<end])
      }
      var part = [UInt8](repeating: 0, count: 65536)
      let count = read(output, &part, part.count)
      if count <= 0 { throw TortureFailed("the agent ended") }
      buffer += part[..<count]
    }
  }

  /// Takes the host for a run and cuts its internal link.
  func cut(lasting duration: Nanoseconds, on host: TorturedLabHost) throws {
    let place = Fleet.Host(name: host.name, ssh: host.name, links: ["internal": "eth1"])
    let step = Step(
      name: "cut", trigger: .at(.zero), fault: "link.drop",
      target: .link(.named(host.name), network: "internal"),
      duration: duration, parameters: [:])
    let order = try Catalogue.order(for: step, on: place, in: Fleet(name: "torture", hosts: [place]))
    try ask(.hello(run: "torture-by-hand"))
    try ask(.arm(lease: "hand_1", order: try order.spec, begins: .zero, duration: duration))
    try ask(.inject(lease: "hand_1"))
  }
}
