import Glibc
import Libvirt
import Testing

extension AsyncStream where Element: Sendable {
  /// The next `count` elements, fewer if the stream ends first. The suite's time limit bounds the wait.
  func first(_ count: Int) async -> [Element] {
    var elements: [Element] = []
    for await element in self {
      elements.append(element)
      if elements.count == count { break }
    }
    return elements
  }

  /// The elements up to and including the first match.
  func through(_ isLast: (Element) -> Bool) async -> [Element] {
    var elements: [Element] = []
    for await element in self {
      elements.append(element)
      if isLast(element) { break }
    }
    return elements
  }
}

/// The present time on the clock of the events' timestamps.
func monotonicNanoseconds() -> UInt64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// A condition that was never met.
struct NeverHappened: Error, CustomStringConvertible {
  let description: String
}

/// Polls for at most a minute until `condition` is true.
func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try !condition() {
    guard ContinuousClock.now < deadline else { throw NeverHappened(description: "not within 60 s: \(what)") }
    try await Task.sleep(for: .milliseconds(20))
  }
}
