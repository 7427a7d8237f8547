import CLinux
import Glibc

/// Starts this program anew inside a network namespace, with the same arguments; returns only by throwing.
///
/// A namespace belongs to a thread, and a program that entered one after its thread pool came up would stand in
/// two at once. Starting anew has every later thread there. See setns(2) and execve(2).
///
/// - Parameter inode: what the path must be; `SystemError` with ESTALE where it is another.
public func restart(inNetworkNamespace path: String, inode: UInt64?, marker: String) throws(SystemError)
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
