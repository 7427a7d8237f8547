import Dispatch
import Lab
import Synchronization

/// A result that a thread waits for and a task provides.
final class Waiting<Value: Sendable>: Sendable {
  private let done = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<Value, LabError>?>(nil)

  func end(_ value: Result<Value, LabError>) {
    result.withLock { $0 = value }
    done.signal()
  }

  func wait() -> Result<Value, LabError> {
    done.wait()
    return result.withLock { result in
      guard let result else { preconditionFailure("signalled without a result") }
      return result
    }
  }
}
