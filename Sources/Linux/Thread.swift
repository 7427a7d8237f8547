import CLinux
import Glibc
import Synchronization

/// Runs a body on a dedicated thread, outside every pool: for calls that block, or that must not wait behind others.
/// See pthread_create(3).
///
/// - Parameter name: as `ps -L` shows it; only the first 15 bytes are used.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
  let box = Unmanaged.passRetained(ThreadBody(name, body))
  var thread = pthread_t()
  let result = pthread_create(&thread, nil, runThreadBody, box.toOpaque())
  if result != 0 {
    box.release()
    throw SystemError("pthread_create", name, errno: result)
  }
  pthread_detach(thread)
}

/// Names the calling thread, as `startThread` names the thread that it starts.
package func nameThread(_ name: String) { clinux_name_thread(name) }

/// Runs a blocking body on a dedicated thread, and suspends until it has returned.
///
/// - Parameter otherwise: maps a failure to start the thread to the caller's error.
func onThread<Value: Sendable, Failure: Error>(
  named name: String, _ body: @escaping @Sendable () throws(Failure) -> Value,
  otherwise: (SystemError) -> Failure
) async -> Result<Value, Failure> {
  await withCheckedContinuation { continuation in
    do throws(SystemError) {
      try startThread(named: name) {
        continuation.resume(returning: Result { () throws(Failure) in try body() })
      }
    } catch {
      continuation.resume(returning: .failure(otherwise(error)))
    }
  }
}

/// Calls a blocking body once for each element, on dedicated threads, and waits for all results.
///
/// - Parameter most: the maximum number of threads.
/// - Returns: the results in the order of the elements.
package func onThreads<Element: Sendable, Value: Sendable>(
  _ most: Int, named name: String, _ elements: [Element], _ body: @escaping @Sendable (Element) -> Value
) throws(SystemError) -> [Value] {
  let mailbox = try Mailbox<(index: Int, value: Value)>()
  let next = Mutex(0)
  for _ in 0..<min(most, elements.count) {
    try startThread(named: name) {
      while true {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        if index >= elements.count { return }
        mailbox.post((index, body(elements[index])))
      }
    }
  }
  var values: [Int: Value] = [:]
  while values.count < elements.count {
    mailbox.wait(nanoseconds: 1_000_000_000)
    for (index, value) in mailbox.take() { values[index] = value }
  }
  return elements.indices.compactMap { values[$0] }
}

private final class ThreadBody {
  let name: String
  let body: @Sendable () -> Void
  init(_ name: String, _ body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

// A free function: a closure written elsewhere could be bound to the main actor, and a C callback captures nothing.
private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let thread = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
  clinux_name_thread(thread.name)
  thread.body()
  return nil
}
