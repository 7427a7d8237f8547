import CLinux
import Glibc
import Synchronization

/// Passes messages from any thread to a thread that waits in epoll(7) or poll(2). `descriptor` is readable while
/// messages wait.
package final class Mailbox<Message: Sendable>: Sendable {
  private let messages = Mutex<[Message]>([])
  private let event: Descriptor

  package init() throws(SystemError) {
    event = Descriptor(owning: try checked("eventfd", "mailbox") { clinux_eventfd() })
  }

  package var descriptor: Int32 { event.number }

  /// Waits until a message arrives or the time is over. A signal may end the wait early.
  package func wait(nanoseconds: Int64) { _ = clinux_wait_readable(event.number, max(0, nanoseconds)) }

  package func post(_ message: Message) {
    messages.withLock { $0.append(message) }
    var one: UInt64 = 1
    // Fails only if the counter is at its maximum: then the reader is already being woken.
    _ = write(event.number, &one, 8)
  }

  /// Removes all messages and returns them in the order in which they were posted.
  package func take() -> [Message] {
    var count: UInt64 = 0
    _ = read(event.number, &count, 8)
    return messages.withLock { messages in
      defer { messages = [] }
      return messages
    }
  }
}
