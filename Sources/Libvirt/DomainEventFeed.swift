import Synchronization

/// Distributes a connection's domain events to its streams, and ends them when the connection is lost.
///
/// libvirt allows one registration of a C function for each connection and kind of event, so streams share the
/// registration.
final class DomainEventFeed: Sendable {
  private struct State {
    var isFinished = false
    var nextKey = 0
    var continuations: [Int: AsyncStream<DomainEvent>.Continuation] = [:]
  }

  private let state = Mutex(State())

  /// Adds a stream that retains `owner` until it ends.
  func makeStream(keeping owner: Connection) -> AsyncStream<DomainEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: DomainEvent.self)
    let key = state.withLock { state in
      state.nextKey += 1
      return state.nextKey
    }
    continuation.onTermination = { [self] _ in
      withExtendedLifetime(owner) { remove(key) }
    }
    let isFinished = state.withLock { state in
      if !state.isFinished { state.continuations[key] = continuation }
      return state.isFinished
    }
    if isFinished { continuation.finish() }
    return stream
  }

  func yield(_ event: DomainEvent) {
    for continuation in state.withLock({ Array($0.continuations.values) }) {
      continuation.yield(event)
    }
  }

  /// Ends every stream, including future ones.
  func finish() {
    let continuations = state.withLock { state in
      state.isFinished = true
      return Array(state.continuations.values)
    }
    // Outside the lock: each continuation removes itself.
    for continuation in continuations { continuation.finish() }
  }

  private func remove(_ key: Int) {
    // The last reference to the continuation must not be released while the lock is held: its deinit runs other code.
    _ = state.withLock { $0.continuations.removeValue(forKey: key) }
  }
}
