import Agent
import Dispatch
import Glibc
import Linux
import Scenario
import Synchronization

/// One ssh to a host's agent: lines go in, lines come out, until it ends.
final class AgentConnection: Sendable {
  /// What comes from it.
  enum Arrival: Sendable {
    case line(AgentLine)
    /// It ended: why, in words.
    case ended(String)
  }

  private let process: ProcessIdentity
  private let input: Mutex<Int32?>
  private let queue: DispatchQueue

  /// Starts `ssh DESTINATION murphy-agent` as the user's own configuration has it.
  ///
  /// - Parameter deliver: called on a thread of the connection's.
  init(
    to host: Fleet.Host, configuration: String?, deliver: @escaping @Sendable (Arrival) -> Void
  ) throws(SystemError) {
    var toAgent = try Descriptor.pipe()
    var fromAgent = try Descriptor.pipe()
    var errors = try Descriptor.pipe()
    // A session of its own: Ctrl-C on the terminal is for the controller, which then reverts through this ssh.
    let pid = try spawn(
      AgentCommand.arguments(for: host, configuration: configuration), environment: AgentCommand.environment,
      input: toAgent.read.number, output: fromAgent.write.number, errors: errors.write.number,
      newSession: true)
    process = try ProcessIdentity(pid: pid)
    toAgent.read.close()
    fromAgent.write.close()
    errors.write.close()
    input = Mutex(dup(toAgent.write.number))
    queue = DispatchQueue(label: "to \(host.name)")
    let output = dup(fromAgent.read.number)
    let complaints = dup(errors.read.number)
    let said = Mutex<[UInt8]>([])
    let box = Box(said)
    let complained = DispatchSemaphore(value: 0)
    try startThread(named: "ssh complaints") {
      Self.readAll(complaints) { bytes in
        box.value.withLock { if $0.count < 4096 { $0 += bytes } }
        return true
      }
      complained.signal()
    }
    try startThread(named: "from \(host.name)") {
      var lines = LineBuffer(limit: RequestLine.lengthLimit)
      Self.readAll(output) { bytes in
        do {
          try lines.add(bytes) { line in
            do {
              deliver(.line(try WireCoding.value(AgentLine.self, from: line)))
            } catch {
              deliver(.line(.notice(.warning("a line of the agent's was not understood: \(error)"))))
            }
          }
          return true
        } catch {
          deliver(.line(.notice(.warning("from the agent: \(error): the connection ends"))))
          return false
        }
      }
      _ = complained.wait(timeout: .now() + 1)
      let code = (try? reap(pid)) ?? -1
      let words = box.value.withLock { String(decoding: $0, as: UTF8.self) }
        .split(whereSeparator: \.isNewline).joined(separator: "; ")
      deliver(.ended(words.isEmpty ? "ssh ended with \(code)" : words))
    }
  }

  deinit {
    input.withLock { if let descriptor = $0 { close(descriptor) } }
  }

  private final class Box<Value: ~Copyable & Sendable>: Sendable {
    let value: Value
    init(_ value: consuming sending Value) { self.value = value }
  }

  /// Hands over what comes until the end, or until it is refused.
  private static func readAll(_ descriptor: Int32, _ take: ([UInt8]) -> Bool) {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || !take(Array(buffer[..<count])) { break }
    }
    close(descriptor)
  }

  /// Sends a request. A path that is cut takes it and holds it back: nobody waits here.
  func send(_ request: RequestLine) throws {
    let bytes = try WireCoding.line(request)
    queue.async { [self] in
      let descriptor = input.withLock { $0 }
      guard let descriptor else { return }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { return }
        rest = rest.dropFirst(max(0, count))
      }
    }
  }

  /// Ends the agent's stdin; the agent ends once it holds no lease.
  func finish() {
    queue.async { [self] in
      input.withLock {
        if let descriptor = $0 { close(descriptor) }
        $0 = nil
      }
    }
  }

  /// Ends the ssh process at once.
  func cut() { _ = try? process.signal(SIGKILL) }
}
