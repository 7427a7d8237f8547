import CLinux
import Glibc

/// A network namespace that the calling thread made and is in: empty, and gone with the thread.
///
/// That it is no other is known from before and after: the kernel gives two living namespaces two inodes. Nothing else
/// is asked, since even root may not be allowed to look at /proc/1/ns/net. See network_namespaces(7).
package struct OwnNetworkNamespace: ~Copyable {
  private let inode: UInt64

  /// Moves the calling thread into a new network namespace. Threads that it starts are in it too; so call it on a thread
  /// of its own, which starts none.
  ///
  /// - Throws: `SystemError` of unshare(2): EPERM without CAP_SYS_ADMIN.
  package init() throws(SystemError) {
    let before = try Self.inodeOfCallingThread()
    let failure = linux_unshare_network_namespace()
    if failure != 0 { throw SystemError("unshare", "the network", errno: failure) }
    let after = try Self.inodeOfCallingThread()
    if after == before { throw SystemError("unshare", "the network", errno: EEXIST) }
    inode = after
  }

  /// Throws `SystemError` with EPERM where the calling thread is in another namespace.
  package func checkCallingThread() throws(SystemError) {
    if try Self.inodeOfCallingThread() != inode { throw SystemError("use", "a network", errno: EPERM) }
  }

  private static func inodeOfCallingThread() throws(SystemError) -> UInt64 {
    let path = "/proc/thread-self/ns/net"
    var found = stat()
    try checked("stat", path) { stat(path, &found) }
    return UInt64(found.st_ino)
  }
}

/// Starts this program anew inside a network namespace, with the same arguments; returns only by throwing.
///
/// A namespace belongs to a thread, and a program that entered one after its thread pool came up would stand in
/// two at once. Starting anew has every later thread there. See setns(2) and execve(2).
///
/// - Parameter inode: what the path must be; `SystemError` with ESTALE where it is another.
package func restart(inNetworkNamespace path: String, inode: UInt64?, marker: String) throws(SystemError)
  -> Never
{
  let namespace = try Descriptor(open: path, O_RDONLY)
  var status = stat()
  try checked("fstat", path) { fstat(namespace.number, &status) }
  if let inode, status.st_ino != inode { throw SystemError("open", path, errno: ESTALE) }
  let failure = linux_enter_network_namespace(namespace.number)
  if failure != 0 { throw SystemError("setns", path, errno: failure) }
  setenv(marker, path, 1)
  let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
  execv("/proc/self/exe", arguments)
  throw SystemError("execv", "/proc/self/exe", errno: Glibc.errno)
}
