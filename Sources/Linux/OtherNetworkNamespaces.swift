import CLinux
import Glibc

/// A network namespace of this machine, with a path to open it and a name to find it. See network_namespaces(7).
package struct NetworkNamespace: Sendable, Hashable {
  /// A file that refers to it: `/run/netns/blue`, `/proc/4711/ns/net`.
  package let path: String
  /// `/run/netns/blue`, or `process 4711 (nginx)` for one without a name.
  package let name: String
  /// The inode, unique among living namespaces.
  package let inode: UInt64

  /// The calling thread's namespace. Other threads can open it too.
  package static func current() throws(SystemError) -> NetworkNamespace {
    var target = [CChar](repeating: 0, count: 64)
    let length = try checked("readlink", "/proc/thread-self") {
      readlink("/proc/thread-self", &target, target.count)
    }
    let thread = String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = "/proc/\(thread)/ns/net"
    return NetworkNamespace(path: path, name: path, inode: try inode(of: path))
  }

  /// All other namespaces that are mounted or that a process is in, each once, and a line for each that can't be
  /// read.
  ///
  /// A namespace that only a thread or an open descriptor refers to is not found.
  package static func others() throws(SystemError) -> (found: [NetworkNamespace], unreadable: [String]) {
    var known: Set<UInt64> = [try current().inode]
    var found: [NetworkNamespace] = []
    var unreadable: [String] = []
    func add(_ path: String, _ name: () -> String) {
      do throws(SystemError) {
        let inode = try inode(of: path)
        if known.insert(inode).inserted {
          found.append(NetworkNamespace(path: path, name: name(), inode: inode))
        }
      } catch {
        // The process has ended, or is a zombie.
        if error.errno != ENOENT, error.errno != ESRCH { unreadable.append("\(name()): \(error)") }
      }
    }
    for path in try mounted() { add(path) { path } }
    for pid in try DurableFile.list("/proc").compactMap({ Int32($0) }).sorted() {
      add("/proc/\(pid)/ns/net") {
        let command = (try? DurableFile.read("/proc/\(pid)/comm")) ?? []
        return "process \(pid) (\(String(decoding: command.prefix { $0 != 10 }, as: UTF8.self)))"
      }
    }
    return (found, unreadable)
  }

  /// Opens it. Throws `SystemError` with ESTALE if the path now refers to another namespace.
  package func open() throws(SystemError) -> Descriptor {
    let descriptor = try Descriptor(open: path, O_RDONLY)
    var status = stat()
    try checked("fstat", path) { fstat(descriptor.number, &status) }
    if UInt64(status.st_ino) != inode { throw SystemError("open", path, errno: ESTALE) }
    return descriptor
  }

  /// Runs a body in the namespace on a dedicated thread, and waits for the result.
  package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let mailbox = try Mailbox<Result<Value, any Error>>()
    try startThread(named: "murphy-netns") {
      mailbox.post(
        Result {
          let descriptor = try open()
          let failure = linux_enter_network_namespace(descriptor.number)
          if failure != 0 { throw SystemError("setns", path, errno: failure) }
          return try body()
        })
    }
    while true {
      mailbox.wait(nanoseconds: 1_000_000_000)
      if let result = mailbox.take().first { return try result.get() }
    }
  }

  private static func inode(of path: String) throws(SystemError) -> UInt64 {
    var found = stat()
    try checked("stat", path) { stat(path, &found) }
    return UInt64(found.st_ino)
  }

  /// The mount points of network namespaces, as `ip netns` and container runtimes create them. See
  /// proc_pid_mountinfo(5).
  private static func mounted() throws(SystemError) -> [String] {
    let text = String(
      decoding: try DurableFile.read("/proc/thread-self/mountinfo", limit: 64 << 20), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 4, fields[3].hasPrefix("net:[") else { return nil }
      return unescaped(fields[4])
    }
  }

  /// Decodes a path of mountinfo, in which a space is `\040`.
  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      if byte == UInt8(ascii: "\\"), let escaped = UInt8(digits, radix: 8) {
        bytes.append(escaped)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
