internal import CLibvirt
import Glibc

/// libvirt's default event loop, on a thread of its own.
///
/// Domain events, keepalive and the notice that a connection was lost all run on it. libvirt takes one
/// implementation a process, before the first connection, and offers no way to take it back: the loop
/// lives as long as the process. Adding a handle or a timer wakes it.
enum EventLoop {
  /// Starts the loop once; later calls give the first one's outcome.
  static func start() throws(LibvirtError) {
    try started.get()
  }

  private static let started: Result<Void, LibvirtError> = {
    let loop = "libvirt's event loop"
    guard virInitialize() == 0 else { return .failure(.last("initialise", "libvirt")) }
    // Without a function of ours libvirt prints every error to stderr. Errors reach callers as values.
    virSetErrorFunc(nil) { _, _ in }
    guard virEventRegisterDefaultImpl() == 0 else { return .failure(.last("register", loop)) }
    // A timer that never fires keeps the loop from ever having nothing to wait for.
    guard virEventAddTimeout(-1, { _, _ in }, nil, nil) >= 0 else {
      return .failure(.last("add a timer to", loop))
    }
    var thread = pthread_t()
    let failure = pthread_create(&thread, nil, runForever, nil)
    guard failure == 0 else {
      return .failure(
        LibvirtError(
          code: .systemError, domain: .none, level: .error, message: String(cString: strerror(failure)),
          errno: failure, operation: "start a thread for", object: loop))
    }
    pthread_detach(thread)
    return .success(())
  }()
}

private func runForever(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // A round fails only where no implementation is registered, which start() rules out.
  while virEventRunDefaultImpl() == 0 {}
  return nil
}
