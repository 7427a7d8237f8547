import Dispatch

/// The part of a rehearsal that must not be slowed down by others of this process: from the start of its host until its
/// fault is seen to be active, well before the deadline. What comes after waits for the deadline, beside others.
final class Turn {
  private static let free = DispatchSemaphore(value: 1)
  private var isOver = false

  /// Blocks the thread until all earlier turns are over.
  init() { Self.free.wait() }

  deinit { end() }

  func end() {
    if isOver { return }
    isOver = true
    Self.free.signal()
  }
}
