import CLinux
import Glibc
import Linux

/// A second network namespace beside the calling thread's, for what is at the other end of a cable.
package final class NeighbourNamespace {
  private let home: Int32
  private let descriptor: Int32

  /// A new namespace; the thread stays in its own.
  package init() throws {
    let home = try Self.open()
    try Self.checked("unshare the network", linux_unshare_network_namespace())
    self.home = home
    descriptor = try Self.open()
    try Self.checked("come back", linux_enter_network_namespace(home))
  }

  deinit {
    close(home)
    close(descriptor)
  }

  /// Runs a body in it, on the calling thread. A socket that is opened there stays there.
  package func run<Result>(_ body: () throws -> Result) throws -> Result {
    try Self.checked("enter the neighbour's", linux_enter_network_namespace(descriptor))
    defer {
      let code = linux_enter_network_namespace(home)
      precondition(code == 0, "can't leave the neighbour's namespace: errno \(code)")
    }
    return try body()
  }

  /// Moves a link of the thread's own namespace into it, by ip(8).
  package func take(_ link: String) throws {
    _ = try ChildProcess.run(
      ["ip", "link", "set", link, "netns", "/proc/\(getpid())/fd/\(descriptor)"]
    ).success()
  }

  private static func open() throws -> Int32 {
    let descriptor = Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw NamespaceError(operation: "open /proc/thread-self/ns/net", code: errno) }
    return descriptor
  }

  private static func checked(_ operation: String, _ code: Int32) throws {
    if code != 0 { throw NamespaceError(operation: operation, code: code) }
  }
}
