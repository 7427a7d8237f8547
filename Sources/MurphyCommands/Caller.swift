import Glibc

/// The user on this machine, as far as it is known: `jane@controller`.
func callerName() -> String {
  let user = getenv("SUDO_USER") ?? getpwuid(getuid())?.pointee.pw_name
  var name = [CChar](repeating: 0, count: 256)
  gethostname(&name, name.count - 1)
  let machine = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return (user.map { String(cString: $0) } ?? "user \(getuid())") + "@\(machine)"
}
