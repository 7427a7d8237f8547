internal import CLibvirt
import Glibc

/// libvirt's default event loop, on a separate thread.
///
/// It runs domain events, keepalive and the notification of a lost connection. libvirt accepts one implementation per
/// process, before the first connection, and can't unregister it: the loop exists as long as the process. Adding a
/// handle or a timer wakes it.
enum EventLoop {
  /// Starts the loop once; later calls return the first call's outcome.
  static func start() throws(LibvirtError) {
    try started.get()
  }

  private static let started: Result<Void, LibvirtError> = {
    let loop = "libvirt's event loop"
    guard virInitialize() == 0 else { return .failure(.last("initialise", "libvirt")) }
    // Without an error function, libvirt prints every error to stderr. Callers get errors as values.
    virSetErrorFunc(nil) { _, _ in }
    guard virEventRegisterDefaultImpl() == 0 else { return .failure(.last("register", loop)) }
    // The loop must always have something to wait for: this timer never fires.
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
  // A round fails only if no implementation is registered, which start() excludes.
  while virEventRunDefaultImpl() == 0 {}
  return nil
}
