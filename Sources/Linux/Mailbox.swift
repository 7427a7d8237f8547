import CLinux
import Glibc
import Synchronization

/// Messages from any thread to one that waits on an epoll or a poll: what is posted makes `descriptor` readable.
package final class Mailbox<Message: Sendable>: Sendable {
  private let messages = Mutex<[Message]>([])
  private let event: Descriptor

  /// An empty mailbox.
  package init() throws(SystemError) {
    event = Descriptor(owning: try checked("eventfd", "mailbox") { clinux_eventfd() })
  }

  /// Readable while messages wait.
  package var descriptor: Int32 { event.number }

  /// Waits until a message is there, or for so long; may return early, where a signal came.
  package func wait(nanoseconds: Int64) { _ = clinux_wait_readable(event.number, max(0, nanoseconds)) }

  /// Leaves a message.
  package func post(_ message: Message) {
    messages.withLock { $0.append(message) }
    var one: UInt64 = 1
    // Fails only where the counter is full: then the reader is being woken already.
    _ = write(event.number, &one, 8)
  }

  /// Takes all messages, in the order in which they were left.
  package func take() -> [Message] {
    var count: UInt64 = 0
    _ = read(event.number, &count, 8)
    return messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
