import AgentProtocol
import Dispatch
import Glibc
import Linux
import Synchronization

/// Lines for the controller. A reader that stalls must not stall the agent, so the lines are queued. If the queue is
/// full, the newest line is dropped, since everything important is also on the host's disk.
final class Outbox: Sendable {
  private let waiting = Mutex(0)
  private let queue = DispatchQueue(label: "outbox")
  private let output: Int32
  private static let limit = 4 << 20

  init(_ output: Int32) { self.output = output }

  /// Waits until all lines are written to the kernel, for at most 2 s, since the reader may never continue.
  func flush() {
    let flushed = DispatchSemaphore(value: 0)
    queue.async { flushed.signal() }
    _ = flushed.wait(timeout: .now() + 2)
  }

  func send(_ line: AgentLine) {
    let bytes: [UInt8]
    do {
      bytes = try WireCoding.line(line)
    } catch {
      printToStandardError("murphy-agent: a line could not be written as JSON: \(error)")
      return
    }
    let fits = waiting.withLock { count in
      if count + bytes.count > Self.limit { return false }
      count += bytes.count
      return true
    }
    guard fits else { return }
    queue.async { [output, waiting = self] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { break }
        rest = rest.dropFirst(max(0, count))
      }
      waiting.waiting.withLock { $0 -= bytes.count }
    }
  }
}
