import Glibc

/// The sysctl `use_tempaddr` of a link, which netlink reports but can't set. See the kernel's ip-sysctl.rst.
enum TemporaryAddresses {
  /// Sets it on a link of the calling thread's network namespace.
  static func set(_ value: Int32, onLink name: String) throws(NetlinkError) {
    let path = "/proc/sys/net/ipv6/conf/\(name)/use_tempaddr"
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw NetlinkError(operation: "open", object: path, code: errno) }
    defer { close(file) }
    var text = Array("\(value)\n".utf8)
    guard write(file, &text, text.count) == text.count else {
      throw NetlinkError(operation: "write", object: path, code: errno)
    }
  }
}
