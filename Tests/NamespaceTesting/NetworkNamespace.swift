import CLinux
import Glibc

/// Runs a test's body in a new network namespace, which ends after the body. It has only a loopback link, which is down,
/// so the body can't reach the machine's network.
///
/// The body runs on a separate thread, since a namespace belongs to a thread. A thread that starts another thread passes
/// its namespace to it. So the body is synchronous, and must not start a task or a thread. The thread returns to its
/// earlier namespace before other code runs on it. Failed expectations in the body are reported for the test as usual.
package func inNetworkNamespace<Result: Sendable>(
  _ body: @Sendable () throws -> Result
) async throws -> Result {
  try await NamespacedThread().run(body)
}

/// Runs a test's body on a separate thread. It is for a body that blocks, since the pool of Swift concurrency has few
/// threads. Failed expectations in the body are reported for the test as usual.
package func onOwnThread<Result: Sendable>(_ body: @Sendable () throws -> Result) async throws -> Result {
  try await OwnThread().run(body)
}

/// A network namespace could not be made, or the thread could not leave it.
package struct NamespaceError: Error, CustomStringConvertible {
  /// What failed.
  package let operation: String
  /// The errno.
  package let code: Int32

  /// What failed and why.
  package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

private actor OwnThread {
  private let executor = ThreadPerJob()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result { try body() }
}

/// An actor each of whose calls runs on a new thread.
private actor NamespacedThread {
  private let executor = ThreadPerJob()

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result {
    let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    guard home >= 0 else { throw NamespaceError(operation: "open /proc/thread-self/ns/net", code: errno) }
    defer { close(home) }
    let code = linux_unshare_network_namespace()
    guard code == 0 else { throw NamespaceError(operation: "unshare the network", code: code) }
    defer {
      // The end of this function hands the test on to the thread pool, and may start a thread for it.
      let code = linux_enter_network_namespace(home)
      precondition(code == 0, "can't leave the network namespace: errno \(code)")
    }
    return try body()
  }
}

/// Serial because its actor makes one call and ends.
private final class ThreadPerJob: SerialExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let start = Unmanaged.passRetained(Start(job: UnownedJob(job), executor: asUnownedSerialExecutor()))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, runJob, start.toOpaque())
    precondition(code == 0, "can't start a thread: errno \(code)")
    pthread_detach(thread)
  }
}

private final class Start {
  let job: UnownedJob
  let executor: UnownedSerialExecutor

  init(job: UnownedJob, executor: UnownedSerialExecutor) {
    self.job = job
    self.executor = executor
  }
}

private func runJob(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
  start.job.runSynchronously(on: start.executor)
  return nil
}
