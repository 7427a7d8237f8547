import Glibc
import Linux

/// A command that was run to its end.
struct ToolCommand {
  /// Its exit code, or -1 where a signal ended it.
  var code: Int32
  /// What it said, on stdout and stderr.
  var output: String

  /// Runs a command; stdin is empty.
  static func run(_ arguments: [String]) throws(SystemError) -> ToolCommand {
    var pipe = try Descriptor.pipe()
    let null = try Descriptor(open: "/dev/null", O_RDWR)
    let pid = try spawn(
      arguments, environment: environment, input: null.number, output: pipe.write.number,
      errors: pipe.write.number)
    pipe.write.close()
    var output: [UInt8] = []
    while true {
      let bytes = try pipe.read.read(upTo: 65536, from: arguments[0])
      if bytes.isEmpty { break }
      output += bytes
    }
    return ToolCommand(code: try reap(pid), output: String(decoding: output, as: UTF8.self))
  }

  static let environment = [
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
    "LC_ALL": "C.UTF-8",
  ]
}
