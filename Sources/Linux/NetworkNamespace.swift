import CLinux
import Glibc

/// A network namespace that the calling thread created and is in. It is empty, and ends with the thread.
///
/// Comparing inodes before and after proves that it is a different namespace: the kernel gives two living namespaces
/// two inodes. /proc/1/ns/net is not used, since even root may lack permission to read it. See network_namespaces(7).
package struct OwnNetworkNamespace: ~Copyable {
  private let inode: UInt64

  /// Moves the calling thread into a new network namespace. Threads that it starts later are in that namespace too,
  /// so call this on a dedicated thread that starts no other.
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

  /// Throws `SystemError` with EPERM if the calling thread is in another namespace.
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

/// Executes this program again inside a network namespace, with the same arguments. Returns only by throwing.
///
/// A namespace belongs to a thread, so a program that enters one after its thread pool has started runs in two
/// namespaces at once. After a restart, all threads are in the namespace. See setns(2) and execve(2).
///
/// - Parameter inode: the expected inode of the path. Throws `SystemError` with ESTALE if it is another.
package func restart(inNetworkNamespace path: String, inode: UInt64?, marker: String) throws(SystemError)
  -> Never
{
  try enterNetworkNamespace(at: path, inode: inode)
  setenv(marker, path, 1)
  let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
  execv("/proc/self/exe", arguments)
  throw SystemError("execv", "/proc/self/exe", errno: Glibc.errno)
}

/// Moves the calling thread into a network namespace, with all children that it starts. Call this on a dedicated
/// thread.
///
/// - Parameter inode: the expected inode of the path. Throws `SystemError` with ESTALE if it is another.
package func enterNetworkNamespace(at path: String, inode: UInt64?) throws(SystemError) {
  let namespace = try Descriptor(open: path, O_RDONLY)
  var status = stat()
  try checked("fstat", path) { fstat(namespace.number, &status) }
  if let inode, status.st_ino != inode { throw SystemError("open", path, errno: ESTALE) }
  let failure = linux_enter_network_namespace(namespace.number)
  if failure != 0 { throw SystemError("setns", path, errno: failure) }
}
